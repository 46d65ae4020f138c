"""The command line, a file a command: read options, call the face, write, print."""
