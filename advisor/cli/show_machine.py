"""This machine: weights, the cache and the doctor's checks, as documents (`*_json`) and as tables."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from advisor.cli.tables import MARKS, safe, table
from advisor.core.wording import size

if TYPE_CHECKING:
    from advisor.caches import CacheFacts
    from advisor.doctor import Check
    from probes.backbones.catalog import Entry


#: Columns of a terminal that the whole list of backbones fits into.
WIDE = 96
#: The kinds of backbones, as headings of their list.
FOR = {"image": "for images", "text": "for texts", "language": "language models"}


def weights_json(entry: Entry) -> dict[str, Any]:
    """One backbone of `advisor weights --json`. ``sha256`` is the leading digits where no more is published."""
    from probes.backbones.weights import available

    installed, sentence = available(entry)
    return {
        "name": entry.name, "kind": entry.kind, "title": entry.title, "size_bytes": entry.size_bytes,
        "licence": entry.licence, "terms": entry.terms, "sha256": entry.sha256,
        "source": _source(entry), "input_size": entry.input_size, "unit": entry.unit, "dim": entry.dim,
        "pooling": entry.pooling if entry.kind == "text" else None,
        "prefixes": dataclasses.asdict(entry.prefixes) if entry.kind == "text" else None,
        "note": entry.note, "installed": installed, "sentence": sentence,
    }  # fmt: skip


def _source(entry: Entry) -> str:
    """Where the weights come from."""
    if entry.parts:
        return f"{len(entry.parts)} packages, {entry.parts[0].package} and following"
    return entry.package or (f"hub: {entry.hub_name}" if entry.hub_name else f"{entry.loader}: {entry.source_id}")


def weights(to: Console, backbones: Sequence[dict[str, Any]]) -> None:
    """`advisor weights`: one line for each backbone, those for one kind of data together.

    Where the terminal is narrow, the hash is left to --json.
    """
    wide = to.width >= WIDE
    rows = table("name", ">size", ">input", "licence", *(["SHA-256"] if wide else []), "installed")
    rows.columns[0].no_wrap = True
    for kind, heading in FOR.items():
        rows.add_row(Text(heading, style="bold"))
        for each in (backbone for backbone in backbones if backbone["kind"] == kind):
            installed = Text("yes", style="green") if each["installed"] else Text("no", style="dim")
            digest = each["sha256"][:12] if each["sha256"] else ""
            limits = f"{each['licence']} *" if each["terms"] else each["licence"]
            hashed = [digest] if wide else []
            rows.add_row(f"  {safe(each['name'])}", _size(each), _input(each), safe(limits), *hashed, installed)
        rows.add_section()
    to.print(rows)
    to.print("* asks more than its licence of whoever fetches it: advisor weights --json", style="dim")
    to.print("To fetch one: advisor weights fetch NAME. All about each: advisor weights --json", style="dim")


def one_weight(to: Console, backbone: dict[str, Any], to_fetch: bool = False) -> None:
    """`advisor weights fetch NAME`: all about one backbone, its whole hash too.

    ``to_fetch``: the command is about to fetch it, so that its sentence, which names this command, is left out.
    """
    rows = Table.grid(padding=(0, 2))
    purpose = "a language model" if backbone["kind"] == "language" else f"for {backbone['kind']} data"
    facts = {
        "name": f"{backbone['name']} ({backbone['title']}, {purpose})", "size": _size(backbone),
        "input": _input(backbone), "licence": backbone["licence"], "terms": backbone["terms"],
        "SHA-256": backbone["sha256"] or "not published; noted when fetched",
        "from": backbone["source"], "note": backbone["note"],
        "here": "not yet" if to_fetch else backbone["sentence"],
    }  # fmt: skip
    for title, value in ((title, value) for title, value in facts.items() if value):
        rows.add_row(Text(title, style="dim"), safe(value))
    to.print(rows)


def _input(backbone: dict[str, Any]) -> str:
    return f"{backbone['input_size']:,} {backbone['unit']}"


def _size(backbone: dict[str, Any]) -> str:
    return size(backbone["size_bytes"]) if backbone["size_bytes"] else "unknown"


def cache_json(facts: CacheFacts) -> dict[str, Any]:
    """`advisor cache --json`."""
    sizes = {"used_bytes": facts.used_bytes, "limit_bytes": facts.limit_bytes, "prompt_bytes": facts.prompt_bytes}
    return {"folder": str(facts.folder), **sizes}


def cache(to: Console, facts: CacheFacts) -> None:
    """`advisor cache`: place, size and limit."""
    used = f"{facts.folder} holds {size(facts.used_bytes)} of features; the limit is {size(facts.limit_bytes)}."
    to.print(safe(used), soft_wrap=True)
    if facts.prompt_bytes:
        to.print(f"Cached answers of language models take {size(facts.prompt_bytes)}.")
    to.print("To free the space: advisor cache clear. Everything is computed again when needed.", style="dim")


def cleared(to: Console, freed_bytes: int) -> None:
    """`advisor cache clear`: what it freed."""
    to.print(f"Freed {size(freed_bytes)}.")


def doctor(to: Console, checks: Sequence[Check]) -> None:
    """`advisor doctor`: one verdict for each check."""
    rows = Table.grid(padding=(0, 2))
    for check in checks:
        rows.add_row(Text(check.verdict, style=MARKS[check.verdict]), safe(check.name), safe(check.sentence))
    to.print(rows)
