"""What one unit of each thing causes: factor packages, editions and unit impacts."""
