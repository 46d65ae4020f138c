"""Reads a command line, gives what ``carbon`` gives, where that is not on the PATH."""

from __future__ import annotations

from carbon.cli.main import main

if __name__ == "__main__":
    main(prog_name="carbon")
