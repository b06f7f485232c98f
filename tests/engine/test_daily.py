"""Two years of daily tablets cost at most four times those of three-weekly ones, and lose nothing."""

import numpy as np
import pytest
from patient import by_mouth, patient_system

from alarmin.engine import Doses, Start, compile_model, simulate

DAYS = 730.0


@pytest.mark.parametrize("half_life_day", [0.3, 1.0])
def test_daily_doses(half_life_day):
    system = patient_system(by_mouth("pemetrexed", half_life_day=half_life_day))
    target = "A0_pemetrexed"
    model = compile_model(system, outputs=["SLD", "lesion_1"], dosed=[target])
    mg = 4.0 / half_life_day
    every_day = Doses(-1, np.arange(0.0, DAYS), target, mg)
    every_cycle = Doses(-1, np.arange(0.0, DAYS, 21.0), target, 21.0 * mg)
    never = Doses([], [], np.array([], dtype=str), [])
    start = Start("SLD", 60.0, 5000.0)
    patient, times = np.zeros((1, 0)), np.linspace(0.0, DAYS, 25)

    def run(doses, times=times, **options):
        return simulate(model, patient, times, doses=doses, start=start, on_error="raise", **options)

    grown = run(never, times=[0.0]).n_steps[0]
    daily, cycles = run(every_day), run(every_cycle)
    volume = run(every_day, rtol=1e-9, atol=1e-12).output("lesion_1")
    assert np.max(np.abs(daily.output("lesion_1") / volume - 1.0)) < 1e-5
    assert np.max(np.abs(run(never).output("lesion_1") / volume - 1.0)) > 0.1  # the doses do matter
    # every attempted step costs the same: compare their number, growth before treatment left out
    assert daily.n_steps[0] - grown <= 4 * (cycles.n_steps[0] - grown)
