"""Reads figures and tables of results, gives pages for people as HTML."""
