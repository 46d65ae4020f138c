"""Batches of any size: planned, shared among workers, resumed, written with a manifest."""
