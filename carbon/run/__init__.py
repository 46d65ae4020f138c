"""Reads batches of any size, writes results with a manifest: shared, resumed, planned."""
