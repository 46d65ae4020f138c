"""Reads inventories and unit impacts, gives footprints [kg CO2e per kept unit]."""
