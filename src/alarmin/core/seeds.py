"""Random numbers that do not depend on the number of workers or on the order of patients."""

import numpy as np

__all__ = ["patient_generators"]


def patient_generators(seed: int, n_patients: int, *, stream: int = 0) -> list[np.random.Generator]:
    """Give each patient a random generator of its own.

    Parameters
    ----------
    seed : int, >= 0
        The seed of the run.
    n_patients : int
        How many generators; patient i has the same one however many patients there are.
    stream : int, default 0
        Separates uses of the same seed (features, dropout, measurement noise).
    """
    return [
        np.random.default_rng(np.random.SeedSequence(entropy=seed, spawn_key=(stream, i)))
        for i in range(n_patients)
    ]
