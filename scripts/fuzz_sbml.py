"""Coverage-guided fuzzing of the SBML reader: pip install atheris; python scripts/fuzz_sbml.py CORPUS_DIR.

Takes the options of libFuzzer, for example -max_total_time=600 [s]. A file of CORPUS_DIR is one SBML model.
"""

import random
import re
import sys

import atheris

with atheris.instrument_imports(include=["alarmin.engine"]):
    from alarmin.core import ModelError
    from alarmin.engine import read_sbml

WORDS = re.compile(r"<[^>]*>|\"[^\"]*\"|[A-Za-z_]\w*|[0-9.]+")
LONGEST_LINE = 500


def mutate(data: bytes, max_size: int, seed: int) -> bytes:
    """Exchange words of the text for one another: bytes at random would hardly ever stay XML."""
    chance = random.Random(seed)
    text = data.decode("utf-8", "replace")
    spans = [match.span() for match in WORDS.finditer(text)]
    if len(spans) < 2 or chance.random() < 0.1:
        return atheris.Mutate(data, max_size)
    for first, last in sorted(chance.sample(spans, min(3, len(spans))), reverse=True):
        begin, end = chance.choice(spans)
        text = text[:first] + chance.choice(["", text[begin:end], text[first:last] * 2]) + text[last:]
    return text.encode()[:max_size]


def read_one(data: bytes) -> None:
    """Read one text; anything but a system or readable lines is a finding."""
    text = "<" + data.decode("utf-8", "replace").lstrip("<")
    try:
        system = read_sbml(text)
    except ModelError as error:
        if not error.problems or any(len(line) > LONGEST_LINE or "\n" in line for line in error.problems):
            raise RuntimeError("a refusal that is no readable line") from error
        return
    if len(system.states) != len(system.rates) or len(system.states) != len(system.initial):
        raise RuntimeError("a system that does not fit together")


if __name__ == "__main__":
    atheris.Setup(sys.argv, read_one, custom_mutator=mutate)
    atheris.Fuzz()
