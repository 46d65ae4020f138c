"""What an office is told: tax dossiers, carbon intensity, return-insurance pools."""
