"""Integrates one patient of the shipped model with libRoadRunner, dose by dose."""

import libsbml
import numpy as np
import roadrunner

from alarmin.engine import Doses

INPUT = "input_of_"
"""What the constant rates that infusions add are called."""


def patient_sbml(document: libsbml.SBMLDocument, values: dict[str, float], dosed: list[str]) -> str:
    """Write a patient's own numbers into the SBML text and give each dosed state an input rate."""
    model = document.getModel()
    for name, value in values.items():
        element = model.getElementBySId(name)
        if model.getInitialAssignmentBySymbol(name) is not None:
            model.removeInitialAssignment(name)
        if element.getTypeCode() == libsbml.SBML_SPECIES:
            element.unsetInitialConcentration()
            element.setInitialAmount(value)
        elif element.getTypeCode() == libsbml.SBML_COMPARTMENT:
            element.setSize(value)
        else:
            element.setValue(value)
    for name in dosed:
        rate = model.createParameter()
        rate.setId(INPUT + name)
        rate.setConstant(False)
        rate.setValue(0.0)
        rule = model.getRateRuleByVariable(name)
        rule.setMath(libsbml.parseL3Formula(f"{INPUT}{name} + ({libsbml.formulaToL3String(rule.getMath())})"))
    return libsbml.writeSBMLToString(document)


def trajectories(
    sbml: str, doses: Doses, times: np.ndarray, outputs: list[str], scale: dict[str, float], *, rtol: float
) -> np.ndarray:
    """Return outputs at times, shape (n_times, n_outputs), for the doses of a single patient.

    The absolute tolerance is given anew, per state, before every segment: libRoadRunner would otherwise
    derive it from the state that the last segment ended with.
    """
    runner = roadrunner.RoadRunner(sbml)
    runner.timeCourseSelections = ["time", *outputs]
    integrator = runner.getIntegrator()
    integrator.relative_tolerance = rtol
    integrator.maximum_num_steps = 1_000_000
    integrator.initial_time_step = 1e-6
    n_states = runner.model.getNumRateRules() + runner.model.getNumFloatingSpecies()
    order = [runner.model.getStateVectorId(i) for i in range(n_states)]
    absolute = [rtol * 1e-3 * scale[name] for name in order]

    ends = doses.time + doses.duration
    edges = np.unique(np.concatenate([[0.0], doses.time, ends, times]))
    result = np.empty((len(times), len(outputs)))
    for begin, end in zip(edges, [*edges[1:], np.nan], strict=True):
        for row in np.flatnonzero((doses.time == begin) & (doses.duration == 0)):
            name = str(doses.target[row])
            runner.setValue(name, runner.getValue(name) + doses.amount[row])
        for name in set(doses.target.tolist()):
            on = (doses.target == name) & (doses.duration > 0) & (doses.time <= begin) & (ends > begin)
            runner.setValue(INPUT + name, float((doses.amount[on] / doses.duration[on]).sum()))
        if begin in times:
            result[np.searchsorted(times, begin)] = [runner.getValue(name) for name in outputs]
        if np.isfinite(end):
            integrator.absolute_tolerance = absolute
            runner.simulate(begin, end, 2)
    return result
