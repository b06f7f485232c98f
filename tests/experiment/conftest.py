"""What tests of experiments share: wells and mice that can be run with constants of choice."""

import numpy as np
import pytest

from alarmin.engine import Doses, simulate
from alarmin.experiment.bench import bench
from alarmin.experiment.protocol import Side, mouse_arm, well_arm
from alarmin.experiment.run import draw_constants
from alarmin.experiment.vocabulary import parse_therapy

N = 3
TWO_DAYS = np.linspace(0.0, 2.0, 97)
THREE_WEEKS = np.arange(0.0, 21.0)


def _read(setting, arm, times, rtol):
    """Run one arm, more exactly than verdicts need it; give output -> (n, n_times)."""
    values = np.empty((N, len(setting.model.parameters)))
    for j, name in enumerate(setting.model.parameters):
        values[:, j] = arm.values.get(name, setting.defaults[name])
    rows = [
        (i, time, state, float(np.broadcast_to(amount, (N,))[i]))
        for time, state, amount in arm.doses
        for i in range(N)
    ]
    given = Doses(*map(np.array, zip(*rows, strict=True))) if rows else None
    batch = simulate(setting.model, values, times, doses=given, rtol=rtol, threads=1)
    assert not batch.failures()
    return {name: batch.values[:, :, j] for j, name in enumerate(setting.model.outputs)}


@pytest.fixture(scope="session")
def well():
    """Run wells: therapy, knobs and constants -> output -> values of three wells over time."""
    draws = draw_constants("well", N, 5)

    def run(therapy, knobs="", *, cells="tumour", times=TWO_DAYS, rtol=1e-6, **constants):
        arm = well_arm(Side("well", "exposure", cells, "wild_type", parse_therapy(therapy), knobs), draws)
        arm.values.update(constants)
        return _read(bench("well"), arm, times, rtol)

    return run


@pytest.fixture(scope="session")
def mouse():
    """Run mice with one or two tumours, in the same way."""
    draws = draw_constants("mouse", N, 5)

    def run(
        therapy,
        knobs="",
        *,
        host="wild_type",
        design="tumour",
        times=THREE_WEEKS,
        rtol=1e-6,
        **constants,
    ):
        arm = mouse_arm(Side("mouse", design, "tumour", host, parse_therapy(therapy), knobs), draws)
        arm.values.update(constants)
        return _read(bench("mouse"), arm, times, rtol)

    return run
