"""Reads a PEtab v1 problem as far as comparing with its simulated data needs: a test helper."""

import csv
import re
from dataclasses import dataclass
from pathlib import Path

from alarmin.engine.expr import Graph
from alarmin.engine.formula import names_in, read_formula
from alarmin.engine.lowering import lower
from alarmin.engine.sbml import read_sbml

STEADY_TIME = 1e7
PLACEHOLDER = re.compile(r"observableParameter(\d+)_")


@dataclass(frozen=True)
class Problem:
    system: object
    nominal: dict
    conditions: dict
    formulas: dict
    rows: list

    def residuals(self, run):
        """Return (row, simulated) for each row; run(system, outputs, times, values) integrates from 0."""
        groups = {}
        for row in self.rows:
            key = (row.get("preequilibrationConditionId", ""), row["simulationConditionId"])
            groups.setdefault(key, []).append(row)
        for (before, condition), rows in groups.items():
            yield from self._run_condition(before, condition, rows, run)

    def _run_condition(self, before, condition, rows, run):
        outputs = sorted({name for row in rows for name in self._model_names(row["observableId"])})
        system, values = self.system, self._values(condition)
        if before:
            states = [f"amount({s})" for s in system.states]
            steady = run(system, states, [0.0, STEADY_TIME], self._values(before))[-1]
            system = system.with_given(system.states)
            values |= dict(zip(system.states, steady, strict=True))
        times = sorted({0.0, *(float(row["time"]) for row in rows)})
        got = run(system, outputs, times, values)
        for row in rows:
            at_time = dict(zip(outputs, got[times.index(float(row["time"]))], strict=True))
            yield row, self._observe(row, at_time)

    def _model_names(self, observable):
        return [n for _, n in names_in(self.formulas[observable]) if n in self.system.observables]

    def _values(self, condition):
        cells = self.conditions[condition]
        values = self.nominal | {key: self._number(cell) for key, cell in cells.items()}
        known = {*self.system.parameters}
        return {name: value for name, value in values.items() if name in known}

    def _number(self, cell):
        return self.nominal[cell] if cell in self.nominal else float(cell)

    def _observe(self, row, at_time):
        cells = row["observableParameters"].split(";") if row.get("observableParameters") else []

        def value(name):
            placeholder = PLACEHOLDER.match(name)
            if placeholder:
                return graph.const(self._number(cells[int(placeholder[1]) - 1]))
            return graph.const(at_time[name] if name in at_time else self.nominal[name])

        graph = Graph()
        program = self.formulas[row["observableId"]]
        node = lower(program, graph, functions={}, value=value, rate=value, time=graph.const(0))
        return graph.number(node)


def read_table(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def read_problem(folder):
    """Read the problem of a folder of the PEtab benchmark collection."""
    import libsbml

    folder = Path(folder)
    name = folder.name
    system = read_sbml(folder / f"model_{name}.xml")
    parameters = read_table(folder / f"parameters_{name}.tsv")
    (condition_file,) = folder.glob("experimentalCondition*.tsv")
    conditions = {}
    for row in read_table(condition_file):
        cells = {k: v for k, v in row.items() if k not in ("conditionId", "conditionName") and v}
        conditions[row["conditionId"]] = cells
    formulas = {
        row["observableId"]: read_formula(libsbml.parseL3Formula(row["observableFormula"]))
        for row in read_table(folder / f"observables_{name}.tsv")
    }
    return Problem(
        system=system,
        nominal={row["parameterId"]: float(row["nominalValue"]) for row in parameters},
        conditions=conditions,
        formulas=formulas,
        rows=read_table(folder / f"simulatedData_{name}.tsv"),
    )
