"""Keep finished steps of a long computation on disk, so that it can be interrupted and go on."""

import hashlib
import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

__all__ = ["Checkpoint"]

Result = TypeVar("Result")


class Checkpoint:
    """A folder of finished steps.

    Parameters
    ----------
    folder : Path
        Made when it is not there. The files are pickles: only give a folder that is your own.
    key : str
        Text that decides the results (model, tables, trials); steps of another key are made again.
    """

    def __init__(self, folder: Path, key: str) -> None:
        self.folder = folder
        self.key = hashlib.sha256(key.encode()).hexdigest()[:16]
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def once(self, name: str, make: Callable[[], Result]) -> Result:
        """Return the result of a step, from disk where it has been made before.

        A step is written whole or not at all, and belongs to the steps before it: making one again forgets
        nothing, as the key covers what they all rest on.
        """
        path = self.folder / f"{name}-{self.key}.pickle"
        if path.exists() and path.stat().st_uid == os.getuid():
            with path.open("rb") as file:
                known: Result = pickle.load(file)  # noqa: S301 - written by the same user
            return known
        made = make()
        draft = path.with_suffix(".part")
        with draft.open("wb") as file:
            pickle.dump(made, file, protocol=pickle.HIGHEST_PROTOCOL)
        draft.replace(path)
        return made
