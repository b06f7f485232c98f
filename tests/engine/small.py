"""Small models in Antimony, read through the front end."""

from functools import cache

import antimony

from alarmin.engine import System, read_sbml

PHARMACOKINETICS = """
compartment V = 5; species gut, C in V; substanceOnly species gut;
gut = 0; C = 0; ka = 1.3; CL = 2.1;
absorb: gut -> C; ka*gut;
clear: C ->; CL*C;
"""

# Stiff binding, a Hill power, growth with saturation: what a patient model is made of.
TUMOUR = """
compartment W = 1; species drug, free, bound, T, cell in W;
substanceOnly species drug, free, bound, T, cell;
drug = 0; free = 10; bound = 0; T = 0.01; cell = 1;
kon = 40; koff = 2; kdeg = 0.3; kel = 0.15; g = 0.08; cap = 100; kill = 0.12; n = 1.7; half = 3; turn = 0.5;
bind: drug + free -> bound; kon*drug*free - koff*bound;
make: -> free; kdeg*10;
lose: free ->; kdeg*free;
inside: bound ->; kdeg*bound;
out: drug ->; kel*drug;
grow: -> T; g*T*(1 - T/cap);
die: T ->; kill*T*cell*bound^n/(half^n + bound^n);
come: -> cell; turn*(1 + bound);
go: cell ->; turn*cell;
diameter := (T*6/3.14159265358979)^(1/3);
"""

# Two compartments that only exchange: nothing is made or lost.
EXCHANGE = """
compartment W = 1; species A, B, D in W; substanceOnly species A, B, D;
A = 5; B = 0.2; D = 0; k1 = 3; k2 = 0.7; k3 = 50;
forth: A -> B; k1*A - k2*B;
pair: 2 B -> D; k3*B*B - 0.1*D;
"""


@cache
def sbml(text: str) -> str:
    """Return the SBML of an Antimony text without its model line."""
    antimony.clearPreviousLoads()
    if antimony.loadAntimonyString(f"model small\n{text}\nend") < 0:
        raise ValueError(antimony.getLastError())
    return str(antimony.getSBMLString("small"))


def system(text: str) -> System:
    """Return the system of an Antimony text without its model line."""
    return read_sbml(sbml(text))
