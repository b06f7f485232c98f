"""Quantities with units, read at the edge and turned once into the unit that the inside uses."""

import functools
from typing import Any

from alarmin.core.errors import UnitError

__all__ = ["quantity"]


@functools.cache
def _registry() -> Any:
    import pint

    registry: Any = pint.UnitRegistry(cache_folder=None)
    registry.define("Gy = gray")
    return registry


def quantity(text: str, unit: str, *, where: str = "") -> float:
    """Read a quantity such as ``200 mg`` and return its magnitude in `unit`.

    Parameters
    ----------
    text : str
        Number and unit; a plain number has no meaning here and is refused.
    unit : str
        The unit wanted, for example ``mg``, ``mg/m**2``, ``day``.
    where : str
        File, line and field, put before the message of an error.

    Raises
    ------
    UnitError
        No number, no unit, an unknown unit, or one of another dimension.

    Examples
    --------
    >>> quantity("0.2 g", "mg")
    200.0
    """
    import pint

    prefix = f"{where}: " if where else ""
    wanted = f"expected a quantity in {unit.replace('**', '')}, for example '5 {unit.replace('**', '')}'"
    registry = _registry()
    number, _, rest = text.strip().partition(" ")
    try:
        value = registry.Quantity(float(number), rest.strip().replace("m2", "m**2"))
        # Asked unit by unit, because mg/kg as a whole has no dimension either.
        if not any(registry.get_dimensionality(name) for name, _ in value.unit_items()):
            raise UnitError(f"{prefix}got '{text}' without a unit, {wanted}")
        return float(value.to(unit).magnitude)
    except UnitError:
        raise
    except pint.DimensionalityError:
        raise UnitError(f"{prefix}got '{text}', {wanted}") from None
    except (pint.PintError, ValueError, TypeError, AttributeError, AssertionError, SyntaxError):
        raise UnitError(f"{prefix}cannot read '{text}', {wanted}") from None
