"""How a patient's integration ended."""

from enum import IntEnum

__all__ = ["Status"]


class Status(IntEnum):
    """Codes of a batch, one per patient."""

    OK = 0
    STEP_LIMIT = 1
    NON_FINITE = 2
    NEGATIVE = 3
    STEP_SIZE = 4
    NOT_STARTED = 5
    PAST_START = 6
    INTERRUPTED = 7
    UNDEFINED = 8

    @property
    def reason(self) -> str:
        """What happened, in words."""
        return _REASONS[self]


_REASONS = {
    Status.OK: "finished",
    Status.STEP_LIMIT: "took more steps than allowed",
    Status.NON_FINITE: "a rate or a state is not finite",
    Status.NEGATIVE: "a state fell below zero beyond tolerance",
    Status.STEP_SIZE: "the step became too small for the tolerance",
    Status.NOT_STARTED: "the start variable did not reach its value in time",
    Status.PAST_START: "the start variable was beyond its value from the beginning",
    Status.INTERRUPTED: "interrupted before the end",
    Status.UNDEFINED: "a recorded variable is not a number",
}
