"""What the guide repeats from the program: tables of options, and the output of commands.

    python -m benchmarks.guide                 both, in docs/
    python -m benchmarks.guide --options       the tables alone, in a second

A table stands between ``<!-- options: NAME -->`` and ``<!-- end -->``; NAME is a command, ``reading``, ``wishes``,
``prices`` or ``constraints``.
A block of code marked ``console`` begins with ``$ advisor ...``, and its output follows; ``console head=12`` keeps the
first twelve lines. Commands run in a fresh workspace, page after page, so a page may go on where the one before ended.
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from advisor.cli.main import app
from advisor.cli.options import PANELS

DOCS = Path(__file__).resolve().parents[1] / "docs"
#: The pages with output, in the order in which their commands run.
PAGES = (
    "first-dataset.md",
    "commands/look.md",
    "commands/advise.md",
    "commands/train.md",
    "commands/ask.md",
    "commands/machine.md",
)
COLUMNS = "120"
HOME = "~/.local/share/transfer-advisor"
TABLE = re.compile(r"(<!-- options: ([\w ]+) -->\n).*?(<!-- end -->)", re.DOTALL)
BLOCK = re.compile(r"(```console(?: head=(\d+))?\n\$ (advisor [^\n]*)\n).*?(^```$)", re.DOTALL | re.MULTILINE)
SHARED = ("kind", "text_column", "label_column", "path_column", "split_column", "group_column", "question_column",
          "answer_column", "document_column", "several_labels", "number_ranges")  # fmt: skip


def command(name: str) -> Any:
    """The command called `name`, as in "advise" or "runs show"."""
    group: Any = typer.main.get_command(app)
    for part in name.split():
        _, group, _ = group.resolve_command(typer.Context(group), [part])
    return group


def options(name: str) -> list[Any]:
    """The options of a command without those that several share, which have names of their own."""
    if name == "reading":
        return [p for p in command("profile").params if p.name in SHARED]
    wishes = [p for p in command("advise").params if getattr(p, "rich_help_panel", None)]
    if name in PANELS:
        return [p for p in wishes if p.rich_help_panel == PANELS[name]]
    if name == "wishes":
        return wishes
    return [
        p
        for p in command(name).params
        if p.param_type_name == "option" and p.name not in (*SHARED, "help", "json")
        if not getattr(p, "rich_help_panel", None)
    ]


def row(option: Any) -> str:
    """One line of a table: the option with its metavar, what it means, and its default."""
    flags = " ".join(f"`{flag}`" for flag in (*option.opts, *option.secondary_opts))
    name = flags if option.is_flag or not option.metavar else f"`{option.opts[0]} {option.metavar}`"
    return f"| {name} | {' '.join(option.help.split())} | {default(option)} |"


def default(option: Any) -> str:
    """What holds where the option is not given, "" for nothing."""
    if isinstance(option.show_default, str):
        return option.show_default
    if isinstance(option.default, float):
        return f"{option.default:g}"
    shown = isinstance(option.default, (int, str)) and not isinstance(option.default, bool)
    return str(option.default) if shown else ""


def table(name: str) -> str:
    """The options of a command as a Markdown table."""
    rows = [row(option) for option in options(name) if option.help]
    return "\n".join(["| option | meaning | default |", "|---|---|---|", *rows]) + "\n" if rows else ""


def with_tables(text: str) -> str:
    """A page with every table of options as the program has it now."""
    return TABLE.sub(lambda found: found[1] + table(found[2]) + found[3], text)


def output(line: str, folder: Path) -> str:
    """What a command prints, trailing blanks and the workspace's own path left out."""
    home = str(folder / "home")
    environment = {**os.environ, "ADVISOR_HOME": home, "COLUMNS": COLUMNS, "HF_HUB_OFFLINE": "1"}
    root = str(DOCS.parent)
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))
    call = [sys.executable, "-m", "advisor.cli", *shlex.split(line)[1:]]
    done = subprocess.run(call, capture_output=True, text=True, env=environment, cwd=folder, check=False)
    if done.returncode:
        raise SystemExit(f"{line}\n{done.stderr}")
    return "\n".join(each.rstrip() for each in done.stdout.replace(home, HOME).strip("\n").splitlines())


def with_outputs(text: str, folder: Path) -> str:
    """A page with every command's output as it is now."""

    def replaced(found: re.Match[str]) -> str:
        print(found[3], file=sys.stderr)
        lines = output(found[3], folder).splitlines()
        most = int(found[2]) if found[2] else len(lines)
        kept = [*lines[:most], "…"] if len(lines) > most else lines
        return found[1] + "\n".join(kept) + "\n" + found[4]

    return BLOCK.sub(replaced, text)


def pages() -> Iterator[Path]:
    """The pages of the guide; the handbook is a sample and not among them."""
    yield from (page for page in sorted(DOCS.rglob("*.md")) if "handbook" not in page.parts)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.guide", description="Renew what the guide repeats.")
    parser.add_argument("--options", action="store_true", help="renew the tables of options alone, in a second")
    return parser


def main(arguments: list[str] | None = None) -> None:
    """Write the tables, and without --options the outputs too."""
    asked = parser().parse_args(arguments)
    for page in pages():
        text = page.read_text(encoding="utf-8")
        page.write_text(with_tables(text), encoding="utf-8")
    if asked.options:
        return
    with tempfile.TemporaryDirectory() as folder:
        for name in PAGES:
            page = DOCS / name
            page.write_text(with_outputs(page.read_text(encoding="utf-8"), Path(folder)), encoding="utf-8")


if __name__ == "__main__":
    main()
