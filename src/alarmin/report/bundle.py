"""The folder that a run leaves behind, written whole or not at all."""

import json
import os
import shutil
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alarmin.core import DataError
from alarmin.report.page import render_page
from alarmin.report.provenance import build_provenance
from alarmin.report.summary import build_summary

if TYPE_CHECKING:
    from alarmin.trial import TrialResult

__all__ = ["check_folder", "write_folder", "write_report"]


def check_folder(folder: Path, *, force: bool = False) -> None:
    """Refuse a target folder before the work is done rather than after.

    Parameters
    ----------
    folder : Path
        Where the result is to go.
    force : bool, default False
        Whether a folder written by an earlier run may be replaced.

    Raises
    ------
    DataError
        It exists and `force` is not given; it holds something that no run wrote; or its parent is missing
        or cannot be written to.
    """
    if folder.exists() or folder.is_symlink():
        if not force:
            raise DataError(f"{folder}: already exists; choose another folder or add --force to replace it")
        if folder.is_symlink() or not folder.is_dir() or not _is_ours(folder):
            raise DataError(f"{folder}: is not a folder written by alarmin; --force does not replace it")
    parent = folder.absolute().parent
    while not parent.exists():
        parent = parent.parent
    if not parent.is_dir() or not os.access(parent, os.W_OK):
        raise DataError(f"{folder}: cannot be written; {parent} is not a folder that can be written to")


def write_report(result: "TrialResult", folder: Path, *, force: bool = False) -> Path:
    """Write report.html, patients.parquet, tumour.parquet, summary.json and provenance.json.

    Parameters
    ----------
    result : TrialResult
    folder : Path
        Created, with its parents.
    force : bool, default False
        Replace the folder of an earlier run.

    Returns
    -------
    Path
        Of report.html.

    Raises
    ------
    DataError
        As `check_folder`.

    Notes
    -----
    Everything is written to a temporary folder beside the target, which is then renamed: a run that is
    stopped leaves the target as it was. All files but the `run` part of provenance.json depend on the
    result only.
    """
    write_folder(folder, lambda building: _fill(result, building), force=force)
    return folder / "report.html"


def write_folder(folder: Path, fill: Callable[[Path], None], *, force: bool = False) -> None:
    """Write a folder whole or not at all.

    Parameters
    ----------
    folder : Path
        Created, with its parents.
    fill : callable
        Writes everything into the folder that it is given; without a provenance.json among it, the folder is
        not known as ours and `force` will not replace it.
    force : bool, default False
        Replace the folder of an earlier run.

    Raises
    ------
    DataError
        As `check_folder`.
    """
    check_folder(folder, force=force)
    folder.absolute().parent.mkdir(parents=True, exist_ok=True)
    building = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.absolute().parent))
    try:
        fill(building)
        building.chmod(0o755)
        if folder.exists():
            _swap(building, folder)
        else:
            building.rename(folder)
    finally:
        shutil.rmtree(building, ignore_errors=True)


def _fill(result: "TrialResult", folder: Path) -> None:
    (folder / "report.html").write_text(render_page(result), encoding="utf-8")
    result.patients.to_parquet(folder / "patients.parquet", index=False)
    result.tumour.to_parquet(folder / "tumour.parquet", index=False)
    _write_json(folder / "summary.json", build_summary(result))
    outputs = {path.name: path for path in folder.iterdir()}
    when = datetime.now(UTC).isoformat(timespec="seconds")
    _write_json(folder / "provenance.json", build_provenance(result, outputs, when=when))


def _write_json(path: Path, content: dict[str, Any]) -> None:
    text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")


def _swap(new: Path, old: Path) -> None:
    """Put `new` where `old` is; a folder cannot be renamed onto one that holds files."""
    aside = Path(tempfile.mkdtemp(prefix=f".{old.name}.", dir=new.parent)) / "old"
    old.rename(aside)
    new.rename(old)
    shutil.rmtree(aside.parent, ignore_errors=True)


def _is_ours(folder: Path) -> bool:
    return (folder / "provenance.json").is_file() or not any(folder.iterdir())
