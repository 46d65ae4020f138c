"""What merchants say: catalogues read, checked and completed."""
