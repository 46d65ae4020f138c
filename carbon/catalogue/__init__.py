"""Reads what merchants say, gives catalogues that are checked and completed."""
