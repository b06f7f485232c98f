"""Assemble the model again after a change of modules or tables: python scripts/assemble_model.py."""

from alarmin.model import sbml_path
from alarmin.model.assembly import assemble


def main() -> None:
    """Write the SBML file that the package ships, if libSBML has nothing against it."""
    text = assemble("patient")
    sbml_path("patient").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
