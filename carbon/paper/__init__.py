"""Reads templates, texts and numbers, gives pictures and pages to every wing."""
