"""Reads footprints and references, gives what a shopper sees: letters, claims, labels."""
