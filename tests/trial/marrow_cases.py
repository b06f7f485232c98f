"""What tests of blood counts share: patients, regimens of one drug, and the marrow of a typical patient."""

import numpy as np
import pandas as pd

from alarmin.engine import Doses, simulate
from alarmin.model import parameters
from alarmin.population import draw_drugs
from alarmin.population.sampling import draw
from alarmin.therapy import Regimen
from alarmin.trial.blood import marrow_model


def patients(n=20, seed=5):
    return draw(0, seed=seed).features.iloc[:n]


def own_of(names, features, **fixed):
    """Return what the patients make of drugs, with some parameters the same in all of them."""
    own = draw_drugs(tuple(names), features, seed=5)
    columns = {name: np.full(len(features), value) for name, value in fixed.items()}
    return pd.concat(
        [own.drop(columns=[c for c in columns if c in own]), pd.DataFrame(columns, index=features.index)],
        axis=1,
    )


def regimen(*lines, cycle="21 day", cycles=4, rules=()):
    """Return a regimen of one phase."""
    return Regimen.model_validate(
        {
            "regimen": "case",
            "title": "Case",
            "phases": [{"cycle": cycle, "cycles": cycles, "doses": list(lines)}],
            "rules": list(rules),
        }
    )


def dose(drug, amount, **more):
    return {
        "drug": drug,
        "dose": amount,
        "infusion": "1 h",
        **({"day": 1} if "days" not in more else {}),
        **more,
    }


def typical(name, dose_mg, days, **changed):
    """Simulate the typical patient; changed values are parameters or states at the start."""
    fixed = {p.id: p.value for p in parameters("marrow")}
    model = marrow_model((name,), tuple(changed))
    start = {"Ery": 1.0, "Hb": fixed["Hb_0"], "Lym": fixed["Lym_0"]}
    for state in model.outputs:
        if state[:3] in ("Neu", "Plt"):
            start[state] = fixed[f"{state[:3]}_0"]
    start |= changed
    values = [start.get(parameter, 0.0) for parameter in model.parameters]
    given = Doses(0, 0.0, f"A1_{name}", dose_mg, 1 / 24)
    return simulate(model, [values], days, doses=given, rtol=1e-9, threads=1, on_error="raise")
