"""Alarmin: a simulator of immunogenic cell death in non-small cell lung cancer. For research only."""

__all__ = ["__version__"]


def __getattr__(name: str) -> str:
    # Reading the metadata of the installed package takes 50 ms: only when somebody asks for the version.
    if name == "__version__":
        from importlib.metadata import version

        return version("alarmin")
    raise AttributeError(f"module 'alarmin' has no attribute '{name}'")
