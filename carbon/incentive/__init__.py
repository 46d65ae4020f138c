"""Reads ledgers and rules, gives dossiers, carbon intensities and return-insurance pools."""
