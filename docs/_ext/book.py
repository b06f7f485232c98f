"""The model as a reader meets it: all modules, and what each name in them is."""

from collections.abc import Iterable, Iterator
from functools import cached_property

from formulas import names
from modules import Module, Statement, read_modules

from alarmin.model import Parameter, knobs, parameters, settings, unit_labels
from alarmin.model.tables import table

__all__ = ["Book", "named"]


def named(statement: Statement) -> list[str]:
    """List the names in a statement's formula."""
    return names(statement.formula) if statement.formula else []


class Book:
    """All modules and what each name in them is."""

    def __init__(self) -> None:
        self.modules = read_modules()
        self.units = unit_labels()
        self.knobs = {knob.id: knob for knob in knobs()}
        self.labels = {row["id"]: row["label"].format(drug="the drug") for row in table("annotations.csv")}
        self.curies = {row["id"]: row["curies"].split() for row in table("annotations.csv")}
        self.states = {name for module in self.modules for name in module.states()}
        self.places = {s.id for m in self.modules for s in m.statements("compartment")}
        # Where a module has a stand-in for another setting, the first one is where links lead.
        self.home: dict[str, str] = {}
        for module in self.modules:
            for s in module.statements("reaction", "assigned", "rate"):
                self.home.setdefault(s.id, module.name)

    @cached_property
    def parameters(self) -> dict[str, dict[str, Parameter]]:
        """Parameter -> settings with one value (``patient, well``) -> what is known of it; patient first."""
        tables = {setting: {p.id: p for p in parameters(setting)} for setting in self._settings}
        found: dict[str, dict[str, Parameter]] = {}
        for name in dict.fromkeys(name for known in tables.values() for name in known):
            shared: list[tuple[list[str], Parameter]] = []
            for setting in self._users[name]:
                p = tables[setting][name]
                # A bound that does not apply is not a number, which equals nothing; its text does.
                same = next((own for own, other in shared if repr(other) == repr(p)), None)
                if same is None:
                    shared.append(([setting], p))
                else:
                    same.append(setting)
            found[name] = {", ".join(own): p for own, p in shared}
        return found

    @property
    def _settings(self) -> list[str]:
        return sorted(settings(), key=lambda setting: (setting != "patient", setting))

    @cached_property
    def _users(self) -> dict[str, list[str]]:
        """Parameter -> settings with a module that uses it."""
        known = dict.fromkeys(p.id for setting in self._settings for p in parameters(setting))
        pages = [(set(module.settings), set(self.own(module, known))) for module in self.modules]
        return {
            name: [s for s in self._settings if any(s in where and name in names for where, names in pages)]
            for name in known
        }

    def general(self, name: str) -> str:
        """Return the name for any lesion of a name that is written out for one of them."""
        general = f"{name[:-2]}_l"
        known = name[-2:] in ("_1", "_2") and (general in self.states or general in self.home)
        return general if known else name

    def link(self, name: str) -> str:
        """Link a name to its equation."""
        return f"[`{name}`](#eq-{self.home[name]}-{name})" if name in self.home else f"`{name}`"

    def called(self, name: str) -> str:
        """Return what a name means in words."""
        return self.labels.get(name) or name

    def users(self, name: str) -> Iterator[tuple[Module, Statement]]:
        """Give every statement whose formula has this name."""
        for module in self.modules:
            for statement in module.statements("reaction", "assigned", "rate"):
                if name in named(statement):
                    yield module, statement

    def own(self, module: Module, kind: Iterable[str]) -> list[str]:
        """Return the names of a kind (parameters, knobs) that a module uses, in the order of their table."""
        used = {self.general(name) for block in module.blocks for s in block.statements for name in named(s)}
        # `share_l` stands for `share_1` and `share_2`.
        used |= {f"{name[:-2]}_{lesion}" for name in used if name.endswith("_l") for lesion in "12"}
        return [name for name in kind if name in used]
