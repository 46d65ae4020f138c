"""Reads factor packages and editions, gives what one unit of each activity causes [kg CO2e]."""
