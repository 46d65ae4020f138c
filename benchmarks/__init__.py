"""Timed subjects: one file each, run by ``make bench``."""
