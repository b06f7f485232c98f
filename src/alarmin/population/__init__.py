"""Virtual patients: drawn from distributions, grown to their baseline, kept if physiological."""

from alarmin.population.recruit import Cohort, recruit
from alarmin.population.sampling import draw_drugs
from alarmin.population.simulation import compiled, states

__all__ = ["Cohort", "compiled", "draw_drugs", "recruit", "states"]
