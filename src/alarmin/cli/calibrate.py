"""`alarmin calibrate`: fit the population to the calibration trials, from nothing."""

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["run"]


def run(
    out: Annotated[Path, typer.Option(help="Folder to write.")] = Path("runs/calibration"),
    steps: Annotated[
        Path | None, typer.Option(help="Folder of finished steps; default: beside the folder to write.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the folder of an earlier run.")] = False,
    threads: Annotated[int | None, typer.Option(help="Default: all cores. Changes no result.")] = None,
) -> None:
    """Move the priors towards the calibration trials in rounds, then weigh patients to the published figures.

    Then the same once more without each quarter of the trials, which is predicted: about 50 minutes in all.
    An interrupted run goes on where it stopped and ends in the same files.
    """
    from alarmin.calibration import resume, write
    from alarmin.cli.progress import progress_bars
    from alarmin.report import check_folder, write_folder
    from alarmin.trial import calibration_trials

    if threads is not None and threads < 1:
        from alarmin.core import DataError

        raise DataError(f"--threads: got {threads}, expected 1 or more")
    check_folder(out, force=force)
    done = steps or out.with_name(out.name + "-steps")
    with progress_bars("") as progress:
        found = resume(calibration_trials(), done, threads=threads, progress=progress)
    write_folder(out, lambda folder: write(found, folder), force=force)
    typer.echo(
        f"{len(found.fit.weight)} members, effective share {found.fit.effective_share:.1%}; "
        f"written to {out}. For research only."
    )
