"""The errors that a user can cause or must be told of.

Every message is one line: where (file, field), what was got, what was expected, the nearest valid choice.
The command line prints that line and ends with exit code 2; it never shows a traceback for these.
"""

__all__ = ["AlarminError", "DataError", "EvidenceError", "ModelError", "SolverError", "UnitError"]


class AlarminError(Exception):
    """Base of all errors that name their cause and their mend.

    Parameters
    ----------
    *problems : str
        One line each; all problems of an input are listed at once.
    """

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class DataError(AlarminError, ValueError):
    """A file or value that a user gave is missing, malformed or out of range."""


class UnitError(AlarminError, ValueError):
    """A quantity has no unit, an unknown unit, or one of another dimension."""


class ModelError(AlarminError, ValueError):
    """A model that cannot be read, is inconsistent, or uses what the engine does not support."""


class EvidenceError(AlarminError, ValueError):
    """A published fact that is asked for is not there, or a table of facts is malformed."""


class SolverError(AlarminError, RuntimeError):
    """An integration that cannot be set up, or that failed where failure is not allowed."""
