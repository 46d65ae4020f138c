"""The two tables multiplied: inventories weighed by unit impacts."""
