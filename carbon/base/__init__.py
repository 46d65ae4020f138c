"""The ground: words, units, errors, rules, files and digits that every wing stands on."""
