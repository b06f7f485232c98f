"""The well and the mouse on the engine: one compiled model each, every experiment a set of columns.

Drugs are not written into these models by name. Each model has places for two agents (a, b) and two
antibodies (c, d), whose constants are columns; so one compiled model runs every experiment.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

import numpy as np
from numpy.typing import NDArray

from alarmin.core import DataError
from alarmin.engine import Batch, Doses, Model, compile_model, read_sbml, simulate
from alarmin.experiment.vocabulary import NO_DRUG, Given
from alarmin.model import Parameter, Substance, assemble, knobs, parameters
from alarmin.therapy import drug, substance

__all__ = ["Arm", "Bench", "bench", "places"]

Floats = NDArray[np.float64]
PLACES = {"cytotoxic": ("a", "b"), "antibody": ("c", "d")}
RTOL = 1e-5


@dataclass
class Arm:
    """One arm of an experiment on its way to the engine.

    Parameters
    ----------
    values : dict
        Parameter -> value of every animal or well (or one for all).
    doses : list of tuple
        (time [day], state, amount per animal or one for all).
    """

    values: dict[str, float | Floats] = field(default_factory=dict)
    doses: list[tuple[float, str, float | Floats]] = field(default_factory=list)


@dataclass(frozen=True)
class Bench:
    """A setting that experiments run in.

    Parameters
    ----------
    setting : str
        well or mouse.
    model : Model
        Compiled, with every constant that an experiment may turn as a column.
    defaults : dict
        Value of each column when nobody turns it.
    """

    setting: str
    model: Model
    defaults: dict[str, float]

    def run(self, arms: Sequence[Arm], n: int, times: Floats, threads: int | None = None) -> list[Floats]:
        """Run arms of `n` animals each; return one array (n, n_times, n_outputs) per arm.

        Raises
        ------
        DataError
            An animal could not be integrated; the first is named.
        """
        columns = self.model.parameters
        table = np.empty((n * len(arms), len(columns)))
        parts: list[tuple[NDArray[np.intp], float, str, Floats]] = []
        for i, arm in enumerate(arms):
            rows = slice(i * n, (i + 1) * n)
            for j, name in enumerate(columns):
                table[rows, j] = arm.values.get(name, self.defaults[name])
            for time, state, amount in arm.doses:
                parts.append((np.arange(i * n, (i + 1) * n), time, state, np.broadcast_to(amount, (n,))))
        given = Doses(
            np.concatenate([p[0] for p in parts] or [np.zeros(0, int)]),
            np.concatenate([np.full(len(p[0]), p[1]) for p in parts] or [np.zeros(0)]),
            np.concatenate([np.full(len(p[0]), p[2]) for p in parts] or [np.zeros(0, str)]),
            np.concatenate([p[3] for p in parts] or [np.zeros(0)]),
        )
        batch: Batch = simulate(self.model, table, times, doses=given, rtol=RTOL, threads=threads)
        if batch.failures():
            raise DataError(f"{self.setting}: {batch.failures()[0]}")
        return [batch.values[i * n : (i + 1) * n] for i in range(len(arms))]


@cache
def bench(setting: str) -> Bench:
    """Assemble and compile a setting."""
    agents = tuple(_slot(place, kind) for kind, places in PLACES.items() for place in places)
    if setting == "well":
        agents = tuple(agent for agent in agents if "cytotoxic" in agent.properties)
    system = read_sbml(assemble(setting, agents))
    constants = {p.id: p.value for p in parameters(setting)} | {knob.id: knob.rest for knob in knobs()}
    constants |= {f"{p.id}_{agent.name}": p.value for agent in agents for p in agent.parameters}
    defaults = {name: value for name, value in constants.items() if name in system.parameters}
    outputs = [name for name in OUTPUTS[setting] if name in system.observables]
    dosed = [name for name in DOSED[setting] if name in system.states]
    model = compile_model(system, parameters=list(defaults), outputs=outputs, dosed=dosed)
    return Bench(setting, model, defaults)


OUTPUTS = {
    "well": (
        *("CALR_1", "ATP_1", "HMGB1_1", "ANXA1_1", "HSP70_1", "HSP90_1", "peIF2_1", "IFNb_1", "cDNA_1"),
        *("TREX1_1", "viability", "cells_1", "live_1", "S_1", "A_1", "N_1", "I_1", "ERROS_1", "ROS_1"),
        *("Dmg_a_1", "Dmg_b_1"),
    ),
    "mouse": (
        *("lesion_1", "lesion_2", "live_1", "live_2", "engulf_1", "mature_1", "DC_migration_1", "T8_born"),
        *("T8_1", "Tex_1", "T8_2", "Tex_2", "Treg_1", "Th_1", "MDSC_1", "M1_1", "M2_1", "PDL1_1", "DC_1"),
        *("IFNb_1", "CXCL10_1", "kill_rate_1", "CALR_1", "ATP_1", "HMGB1_1", "T8_b", "mDC_n", "S_1", "A_1"),
        *("I_1", "hypoxia_1", "eat_rate_1", "licensed"),
    ),
}
DOSED = {
    "well": ("A1_a", "A1_b", "Beam_1"),
    "mouse": (
        *("A1_a", "A1_b", "A1_c", "A1_d", "Beam_1", "Beam_2", "C_s_1", "C_s_2", "S_1", "A_1", "N_1", "I_1"),
        *("CALR_1", "ERROS_1", "Dmg_a_1", "Dmg_b_1", "M1_1", "Mx_1", "cDNA_1"),
    ),
}


def _slot(place: str, kind: str) -> Substance:
    """Make an empty place for an agent: every constant that a drug of its kind can have."""
    example = substance("doxorubicin" if kind == "cytotoxic" else "pembrolizumab", "mouse")
    constants = tuple(
        Parameter(id=p.id, value=_EMPTY.get(p.id, 0.0), unit=p.unit, meaning=p.id) for p in example.parameters
    )
    return Substance(place, ("infusion", kind), constants)


_EMPTY = {
    "V1": 1.0,
    "V2": 1.0,
    "AUC50": 1.0,
    "k_repair": 0.5,
    "kill": 1.0,
    "resistance": 1.0,
    "resistance_t": 1.0,
    "resistance_p": 1.0,
    "CL": 1.0,
}


def places(given: Sequence[Given], setting: str) -> dict[str, str]:
    """Assign agents to places: agent -> a, b, c or d.

    Raises
    ------
    DataError
        More agents of one kind than places, an antibody in a well, where no host is that it could act on, or
        a concentration elsewhere than in a well.
    """
    for item in given:
        if item.micromolar and setting != "well":
            raise DataError(
                f"'{item.agent} {item.dose:g} uM' is a concentration in a well; expected '{item.agent} xDOSE'"
            )
    taken: dict[str, str] = {}
    for kind, free in PLACES.items():
        names = [g.agent for g in given if g.agent not in (*NO_DRUG, "radiation")]
        names = [name for name in dict.fromkeys(names) if kind in drug(name).properties]
        if names and (setting, kind) == ("well", "antibody"):
            raise DataError(f"'{names[0]}' is an antibody; a well has no host that it could act on")
        if len(names) > len(free):
            raise DataError(
                f"{setting}: got {len(names)} agents of kind {kind} ({', '.join(names)}), expected at most 2"
            )
        taken |= dict(zip(names, free, strict=False))
    return taken


def agent_columns(
    agent: str, place: str, setting: str, draws: "Mapping[str, float | Floats]"
) -> dict[str, float | Floats]:
    """Return the constants of an agent under the names of its place; exposures count in half effects."""
    columns: dict[str, float | Floats] = {
        f"{p.id}_{place}": draws.get(f"{p.id}_{agent}", p.value) for p in substance(agent, setting).parameters
    }
    if "cytotoxic" in drug(agent).properties:
        # Concentrations count in half effects, and so must the slope at which lymphocytes die.
        columns[f"lympho_{place}"] = columns[f"lympho_{place}"] * columns[f"AUC50_{place}"]
        columns[f"AUC50_{place}"] = 1.0
    return columns
