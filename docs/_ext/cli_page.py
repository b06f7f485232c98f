"""Write the reference of the command line from the commands themselves."""

from pathlib import Path

import typer

from alarmin.cli.main import app

__all__ = ["write_cli_page"]


def write_cli_page(path: Path) -> None:
    """Write one section for each command: what it does, its arguments and its options."""
    group = typer.main.get_command(app)
    context = group.make_context("alarmin", [], resilient_parsing=True)
    parts = [
        "# Command line",
        group.help or "",
        "Bad input ends with one line for each problem and exit code 2.",
    ]
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        parts += [
            f"## `alarmin {name}`",
            command.help or "",
            "| | Default | Meaning |\n|---|---|---|\n" + _rows(command),
        ]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n\n".join(parts) + "\n", encoding="utf-8")


def _rows(command: object) -> str:
    rows = []
    for parameter in command.params:
        if parameter.name == "help":
            continue
        shown = parameter.metavar if parameter.param_type_name == "argument" else ", ".join(parameter.opts)
        default = "" if parameter.default in (None, False) or parameter.required else f"{parameter.default}"
        rows.append(f"| `{shown}` | {default} | {parameter.help or ''} |")
    return "\n".join(rows)
