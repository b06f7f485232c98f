"""Virtual patients: drawn from distributions, grown to their baseline, kept if physiological."""

from alarmin.population.members import effective_size, members
from alarmin.population.recruit import Cohort, grow, numbered, plausible, recruit, resample
from alarmin.population.sampling import SEED, Priors, draw, draw_drugs, draw_scores
from alarmin.population.simulation import LINES, compiled, states

__all__ = [
    "LINES",
    "SEED",
    "Cohort",
    "Priors",
    "compiled",
    "draw",
    "draw_drugs",
    "draw_scores",
    "effective_size",
    "grow",
    "members",
    "numbered",
    "plausible",
    "recruit",
    "resample",
    "states",
]
