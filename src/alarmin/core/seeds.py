"""Random numbers that do not depend on the number of workers or on the order of patients."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

__all__ = ["patient_generators"]


def patient_generators(seed: int, patients: Iterable[int], *, stream: int = 0) -> "list[np.random.Generator]":
    """Give each patient a random generator of its own.

    Parameters
    ----------
    seed : int, >= 0
        The seed of the run.
    patients : iterable of int, >= 0
        Numbers of the patients; a patient's generator depends on its own number only.
    stream : int, default 0
        Separates uses of the same seed (features, dropout, measurement noise).
    """
    import numpy as np

    return [
        np.random.default_rng(np.random.SeedSequence(entropy=seed, spawn_key=(stream, int(number))))
        for number in patients
    ]
