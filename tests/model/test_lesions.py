"""What one lesion has of its own acts there and nowhere else."""

import numpy as np
import pytest

from alarmin.engine import simulate
from alarmin.population import compiled

START = {
    f"{state}_{lesion}": amount
    for state, amount in (("C_s", 1e9), ("Dmg_docetaxel", 1.0))
    for lesion in (1, 2)
}
ACTS_ON = {"local_entry": "entry", "local_kill": "hit", "tps": "PDL1"}
OUTPUTS = tuple(f"{output}_{lesion}" for output in ACTS_ON.values() for lesion in (1, 2))


def at_start(**own):
    """Entry of T cells, killing by a drug and PD-L1 in two lesions that are alike but for `own`."""
    values = START | {f"{name}_{lesion}": 0.5 for name in ACTS_ON for lesion in (1, 2)} | own
    model = compiled(tuple(values), OUTPUTS, ("docetaxel",))
    row = np.array([values[name] for name in model.parameters])
    found = simulate(model, row[None, :], np.zeros(1), threads=1).values[0, 0]
    return dict(zip(OUTPUTS, found, strict=True))


@pytest.mark.parametrize("name", ACTS_ON)
@pytest.mark.parametrize("lesion", [1, 2])
def test_what_is_local_acts_in_its_own_lesion_alone(name, lesion):
    before, after = at_start(), at_start(**{f"{name}_{lesion}": 1.0})
    raised = f"{ACTS_ON[name]}_{lesion}"
    # Twice as much of each; PD-L1 has a small part that does not stain.
    assert after.pop(raised) == pytest.approx(2 * before.pop(raised), rel=0.01)
    assert after == before
