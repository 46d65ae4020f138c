"""Reads footprints held against references, gives what a shopper sees: letters, claims, labels."""
