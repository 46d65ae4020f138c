"""Reads options, prints and writes what the public face gives, a file a command."""
