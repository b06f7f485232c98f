"""Published experiments in wells and mice, run as experiments and judged row by row."""

from alarmin.experiment.run import Verdict, run_experiments
from alarmin.experiment.table import Experiment, load_experiments, read_experiments

__all__ = ["Experiment", "Verdict", "load_experiments", "read_experiments", "run_experiments"]
