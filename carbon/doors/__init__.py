"""The outside world: the command line and batches of files."""
