"""Write the reference of the command line from the commands themselves."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from alarmin.cli.main import app

__all__ = ["write_cli_page"]


def write_cli_page(path: Path) -> None:
    """Write one section for each command: what it does, its arguments and its options."""
    program = typer.main.get_command(app)
    parts = [
        "# Command line",
        program.help or "",
        "Bad input ends with one line for each problem and exit code 2.",
        *_sections(program, "alarmin"),
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n\n".join(parts) + "\n", encoding="utf-8")


def _sections(group: Any, name: str) -> Iterator[str]:
    for command in group.commands.values():
        yield f"## `{name} {command.name}`"
        yield (command.help or "").strip()
        if hasattr(command, "commands"):
            yield from _sections(command, f"{name} {command.name}")
        else:
            yield "| | Default | Meaning |\n|---|---|---|\n" + "\n".join(_rows(command))


def _rows(command: Any) -> Iterator[str]:
    for parameter in command.params:
        if parameter.name == "help":
            continue
        shown = parameter.metavar or parameter.name.upper()
        if parameter.param_type_name == "option":
            shown = ", ".join(parameter.opts)
        default = "" if parameter.default in (None, False) or parameter.required else f"{parameter.default}"
        yield f"| `{shown}` | {default} | {parameter.help or ''} |"
