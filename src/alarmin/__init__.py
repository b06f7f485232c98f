"""Alarmin: a simulator of immunogenic cell death in non-small cell lung cancer. For research only."""

from importlib.metadata import version

__version__ = version("alarmin")

__all__ = ["__version__"]
