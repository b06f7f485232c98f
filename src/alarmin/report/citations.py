"""Sources of figures: numbered references with links that are followed only when clicked."""

import re
from dataclasses import dataclass

from alarmin.core import EvidenceError
from alarmin.evidence import baseline, parameter_evidence, source

__all__ = ["Citation", "Citations"]

_DOI = re.compile(r"10\.\d{4,9}/\S+")


@dataclass(frozen=True)
class Citation:
    """One entry of the list of references; `url` is empty where there is nothing to open."""

    number: int
    text: str
    url: str


class Citations:
    """Number sources in the order in which they are first cited."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def numbers(self, ids: tuple[str, ...]) -> list[int]:
        """Give the numbers of some sources.

        Parameters
        ----------
        ids : tuple of str
            Ids of sources (``source:...``), of parameters (``par:...``, taken to what they rest on), or a
            bare ``doi:...`` or ``PMID:...``. Other text is listed as it is.
        """
        found = [self._numbers.setdefault(text, len(self._numbers) + 1) for text in _resolved(ids)]
        return sorted(set(found))

    def listed(self) -> list[Citation]:
        """List all sources that were cited."""
        return [Citation(number, *_describe(text)) for text, number in self._numbers.items()]


def _resolved(ids: tuple[str, ...]) -> list[str]:
    flat: list[str] = []
    for text in (part.strip() for part in ids if part.strip()):
        try:
            if text.startswith("par:"):
                flat += parameter_evidence(text).sources
            elif text.startswith("pop:"):
                flat += baseline(text)[0].sources
            else:
                flat.append(text)
        except EvidenceError:
            flat.append(text)  # listed as it stands, so that the reader sees what cannot be followed
    return flat


def _describe(text: str) -> tuple[str, str]:
    """Return the words and the address of a source."""
    title = ""
    if text.startswith("source:"):
        try:
            row = source(text)
        except EvidenceError:
            return text, ""
        title = row.title or row.citation or ""
        text = (row.doi and f"doi:{row.doi}") or (row.pmid and f"PMID:{row.pmid}") or text
    if match := _DOI.search(text):
        shown, url = f"doi:{match[0]}", f"https://doi.org/{match[0]}"
    elif text.upper().startswith("PMID"):
        digits = re.sub(r"\D", "", text)
        shown, url = f"PMID {digits}", f"https://pubmed.ncbi.nlm.nih.gov/{digits}/"
    else:
        return title or text.removeprefix("source:"), ""
    return f"{title} {shown}".strip(), url
