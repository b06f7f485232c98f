"""How each design is carried out: what is put in, when, and what is read."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from alarmin.experiment.bench import Arm, agent_columns, bench, places
from alarmin.experiment.table import Experiment, presets
from alarmin.experiment.vocabulary import ENDPOINTS, NO_DRUG, Given, parse_knobs, parse_therapy

__all__ = ["Side", "mouse_arm", "read_mouse", "read_well", "sides", "well_arm"]

Floats = NDArray[np.float64]

HOURS = 24.0
INOCULUM = 1e5
"""Live tumour cells injected under the skin."""
VACCINE = 1e6
"""Dying cells injected as a vaccine."""
CHALLENGE = 1e5
CHALLENGE_DAY = 7.0
KILLING_H = 24.0
"""How long cells stay under the therapy before they are injected as a vaccine."""
FREE_MM3 = 10.0


@dataclass(frozen=True)
class Side:
    """One side of a comparison: what is given to whom under which knobs."""

    setting: str
    design: str
    cells: str
    host: str
    given: tuple[Given, ...]
    knobs: str


def sides(e: Experiment) -> tuple[Side, ...]:
    """Return the intervention and, where there is one, the comparator."""
    intervention = Side(e.setting, e.design, e.cells, e.host, e.given, e.knobs)
    if not e.has_comparator:
        # A fold is read against untreated wells.
        untreated = Side(e.setting, e.design, e.cells, e.host, parse_therapy("none"), "")
        return (intervention, untreated) if e.endpoint.endswith("_fold") else (intervention,)
    comparator = Side(
        e.setting,
        e.design,
        e.compare_cells or e.cells,
        e.compare_host or e.host,
        parse_therapy(e.compare_therapy),
        e.compare_knobs,
    )
    return intervention, comparator


def _columns(side: Side, draws: Mapping[str, Floats]) -> dict[str, "float | Floats"]:
    """Constants of one side: draws, then the presets of line and host, the agents, and the knobs on top."""
    columns: dict[str, float | Floats] = dict(draws)
    columns |= presets("cells")[side.cells]
    if side.setting == "mouse":
        columns |= presets("hosts")[side.host]
    for agent, place in places(side.given, side.setting).items():
        # A line may have a weight of its own for a drug (`er_cisplatin`).
        columns |= agent_columns(agent, place, side.setting, columns)
    turned = parse_knobs(side.knobs)
    return {**columns, **turned}


def _present(columns: dict[str, "float | Floats"], setting: str) -> dict[str, "float | Floats"]:
    known = bench(setting).defaults
    return {name: value for name, value in columns.items() if name in known}


def well_arm(side: Side, draws: Mapping[str, Floats]) -> Arm:
    """Cells under a constant concentration from time 0; radiation fractions a day apart."""
    columns = _columns(side, draws)
    arm = Arm(_present(columns, "well"))
    where = places(side.given, "well")
    for item in side.given:
        if item.agent == "radiation":
            first = item.days[0]
            arm.doses += [(day - first, "Beam_1", item.dose) for day in item.days]
        elif item.agent not in NO_DRUG:
            place = where[item.agent]
            # Damage settles at dose half-effects: concentration = dose x repair, in 1 mL.
            dose = _half_effects(item, side.cells)
            arm.doses.append((0.0, f"A1_{place}", dose * np.asarray(columns[f"k_repair_{place}"]) * 1e-3))
    return arm


def _half_effects(item: Given, line: str) -> float:
    """Dose in a well as a multiple of the half-effect exposure."""
    if not item.micromolar:
        return item.dose
    from alarmin.experiment.potency import half_effect_um  # which itself runs wells

    return item.dose / half_effect_um(item.agent, line)


def mouse_arm(side: Side, draws: Mapping[str, Floats], killed: Mapping[str, Floats] | None = None) -> Arm:
    """One mouse: a tumour, two tumours, or a vaccine and a challenge.

    Parameters
    ----------
    side : Side
    draws : mapping
        Uncertain constants of every mouse.
    killed : mapping, optional
        State of the well in which the vaccine was made.
    """
    columns = _columns(side, draws)
    arm = Arm(_present(columns, "mouse"))
    if side.design == "vaccination":
        arm.doses += _vaccine(side, killed or {})
        arm.doses.append((CHALLENGE_DAY, "C_s_2", CHALLENGE))
        return arm
    arm.doses.append((0.0, "C_s_1", INOCULUM))
    if side.design == "two_tumours":
        arm.doses.append((0.0, "C_s_2", INOCULUM / 2))
    where = places(side.given, "mouse")
    for item in side.given:
        if item.agent == "radiation":
            arm.doses += [(day, "Beam_1", item.dose) for day in item.days]
        elif item.agent not in NO_DRUG:
            place = where[item.agent]
            scale = ANTIBODY_MG_PER_L if place in ("c", "d") else 1.0
            clearance = np.asarray(columns[f"CL_{place}"])
            amount = item.dose * (scale if place in ("c", "d") else clearance)
            arm.doses += [(day, f"A1_{place}", amount) for day in item.days]
    if "transfer_M1" in columns:
        # The macrophages that experiments transfer have no SIRP-alpha.
        arm.doses += [(day, "Mx_1", TRANSFER_CELLS) for item in side.given for day in item.days]
    return arm


ANTIBODY_MG_PER_L = 20.0
TRANSFER_CELLS = 5e6


def _vaccine(side: Side, killed: Mapping[str, Floats]) -> list[tuple[float, str, "float | Floats"]]:
    """Inject the dying cells of a well, washed: what lives is left out, signals on the cells go along."""
    if any(item.agent == "freeze_thaw" for item in side.given):
        return [(0.0, "N_1", VACCINE)]
    dying = killed["S_1"] + killed["A_1"] + killed["N_1"] + killed["I_1"]
    share = VACCINE / np.maximum(dying, 1.0)
    doses: list[tuple[float, str, float | Floats]] = [
        (0.0, state, killed[state] * share) for state in ("S_1", "A_1", "N_1", "I_1")
    ]
    doses += [(0.0, state, killed[state]) for state in ("CALR_1", "ERROS_1", "Dmg_a_1", "Dmg_b_1", "cDNA_1")]
    return doses


def read_well(
    e: Experiment, times: Floats, values: Floats, outputs: tuple[str, ...], untreated: Floats | None
) -> Floats:
    """Read the end point of every well."""
    name, how = ENDPOINTS["well"][e.endpoint]
    trace = _trace(name, values, outputs)
    read = _read(trace, times, e.time / HOURS, "at" if how == "fold" else how)
    if how == "fold" and untreated is not None:
        # Flow cytometry has a background: all cells shine a little.
        base = _read(_trace(name, untreated, outputs), times, e.time / HOURS, "at")
        return (CALR_BACKGROUND + read) / (CALR_BACKGROUND + base)
    return read


CALR_BACKGROUND = 0.1


def read_mouse(e: Experiment, times: Floats, values: Floats, outputs: tuple[str, ...]) -> Floats:
    """Read the end point of every mouse."""
    name, how = ENDPOINTS["mouse"][e.endpoint]
    trace = _trace(name, values, outputs)
    if e.endpoint == "IFNg_CD8":
        trace = trace * _trace("licensed", values, outputs)
    return _read(trace, times, e.time, how)


def _trace(name: str, values: Floats, outputs: tuple[str, ...]) -> Floats:
    def of(output: str) -> Floats:
        return values[:, :, outputs.index(output)]

    if name in outputs:
        return of(name)
    if name == "dead":
        return 1.0 - of("viability")
    lesion = re.sub(r".*_(\d)$", r"\1", name)
    match name.rsplit("_", 1)[0] if name[-1].isdigit() else name:
        case "volume":
            return 1e3 * of(f"lesion_{lesion}")
        case "CD8":
            return (of(f"T8_{lesion}") + of(f"Tex_{lesion}")) / of(f"lesion_{lesion}")
        case "MDSC_density":
            return of("MDSC_1") / of("lesion_1")
        case "DC_density":
            return of("DC_1") / of("lesion_1")
        case "M1_M2":
            return of("M1_1") / (of("M2_1") + 1.0)
        case "Treg_CD8":
            return of("Treg_1") / (of("T8_1") + of("Tex_1") + 1.0)
    raise KeyError(name)


def _read(trace: Floats, times: Floats, at: float, how: str) -> Floats:
    until = times <= at + 1e-9
    match how:
        case "peak":
            return np.asarray(trace[:, until].max(axis=1))
        case "sum":
            return np.asarray(np.trapezoid(trace[:, until], times[until], axis=1))
        case "free":
            return (trace[:, until][:, -1] < FREE_MM3).astype(float)
    return trace[:, until][:, -1]
