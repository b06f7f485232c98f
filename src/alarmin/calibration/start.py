"""Begin a calibration, or go on with one that was interrupted."""

from collections.abc import Callable, Sequence
from importlib.resources import files
from pathlib import Path

from alarmin.calibration.checkpoint import Checkpoint
from alarmin.calibration.rounds import Calibration, calibrate
from alarmin.model import assemble
from alarmin.therapy import substance
from alarmin.trial import TrialSpec, regimens_of
from alarmin.trial.observation_parameters import observation_parameters

__all__ = ["resume"]


def resume(
    specs: Sequence[TrialSpec],
    folder: Path,
    *,
    threads: int | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> Calibration:
    """Calibrate, with finished steps kept in a folder.

    Parameters
    ----------
    specs : sequence of TrialSpec
    folder : Path
        Steps that were finished under the same model, tables and trials are not made again; after a change of
        the code of calibration, population or trial, give a new folder.
    threads : int, optional
    progress : callable, optional
        Called with (stage, done, total).

    Notes
    -----
    Starts processes of its own: a script calls it under ``if __name__ == "__main__":``.
    """
    return calibrate(
        specs,
        observation_parameters(),
        checkpoint=Checkpoint(folder, _key(specs)),
        threads=threads,
        progress=progress,
    )


def _key(specs: Sequence[TrialSpec]) -> str:
    """Write out the model, tables, trials and regimens that decide the result; the code is not in it."""
    drugs: dict[str, None] = {}
    texts: list[str] = []
    for spec in specs:
        texts.append(spec.model_dump_json())
        for regimen in regimens_of(spec).values():
            texts.append(regimen.model_dump_json())
            drugs |= dict.fromkeys(regimen.drugs)
    texts += [assemble("patient", (substance(name),)) + repr(substance(name)) for name in sorted(drugs)]
    for room, table in (
        ("model", "parameters.csv"),
        ("population", "data/baseline.csv"),
        ("population", "data/plausibility.csv"),
        ("trial", "data/joint_hazard.csv"),
        ("evidence", "data/results.csv"),
        ("evidence", "data/km_points.csv"),
        ("evidence", "data/lesion_dynamics.csv"),
    ):
        texts.append(files(f"alarmin.{room}").joinpath(table).read_text(encoding="utf-8"))
    return "\n".join(texts)
