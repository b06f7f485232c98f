"""Identifiers: finding the nearest valid one."""

from collections.abc import Iterable
from difflib import get_close_matches

__all__ = ["nearest", "unknown_id"]


def nearest(text: str, choices: Iterable[str]) -> str | None:
    """Return the choice closest to `text`, upper and lower case alike, or None if none is close.

    Examples
    --------
    >>> nearest("KEYNOTE024", ["OAK", "KEYNOTE-024"])
    'KEYNOTE-024'
    """
    by_folded = {choice.casefold(): choice for choice in choices}
    match = get_close_matches(text.casefold(), by_folded, n=1, cutoff=0.5)
    return by_folded[match[0]] if match else None


def unknown_id(what: str, text: str, choices: Iterable[str], *, where: str = "") -> str:
    """Word the one line for an id that does not exist.

    Examples
    --------
    >>> unknown_id("drug", "pembro", ["cisplatin", "pembrolizumab"])
    "unknown drug 'pembro'; did you mean 'pembrolizumab'?"
    """
    known = sorted(choices)
    guess = nearest(text, known)
    hint = f"did you mean '{guess}'?" if guess else f"known: {', '.join(known[:12])}"
    prefix = f"{where}: " if where else ""
    return f"{prefix}unknown {what} '{text}'; {hint}"
