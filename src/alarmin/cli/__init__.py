"""The command line: thin commands over the rooms below."""

from alarmin.cli.main import main

__all__ = ["main"]
