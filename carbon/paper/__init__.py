"""Ink and paper: fonts, templates, pictures and pages, for every wing that shows something."""
