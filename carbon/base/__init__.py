"""Reads nothing, gives every wing its words, units, errors, rules, files and digits."""
