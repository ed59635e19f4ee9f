"""The guide says what the program says: tables of options, every command, links that lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import typer

from advisor.cli.main import app
from benchmarks import guide

ROOT = Path(__file__).parents[2]
PAGES = [*guide.pages(), *(ROOT / "benchmarks" / "results").glob("*.md"), *ROOT.glob("*.md"), ROOT / "data/README.md"]
LINK = re.compile(r"\]\(([^)\s]+)\)")


def relative(page: Path) -> str:
    return str(page.relative_to(ROOT))


def prose(page: Path) -> str:
    return re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = [re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", line.lstrip("#")) for line in prose(page).splitlines()
                if line.startswith("#")]  # fmt: skip
    return {re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", [*guide.pages()], ids=relative)
def test_tables_of_options_are_those_of_the_program(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert guide.with_tables(text) == text, "run: python -m benchmarks.guide --options"


def test_every_command_and_every_option_is_in_the_guide() -> None:
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    text = "\n".join(page.read_text(encoding="utf-8") for page in (ROOT / "docs" / "commands").glob("*.md"))
    assert [name for name in commands if f"advisor {name}" not in text] == []
    tables = {name for _, name in re.findall(r"(<!-- options: ([\w ]+) -->)", text)}
    with_options = {name for name in commands if name not in ("bench", "runs", "cache") and guide.table(name)}
    assert with_options - tables == set()


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_links_lead_somewhere(page: Path) -> None:
    for link in LINK.findall(prose(page)):
        if link.startswith("http"):
            continue
        file, _, anchor = link.partition("#")
        target = (page.parent / file).resolve() if file else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def test_a_long_output_is_cut_and_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(guide, "output", lambda line, folder: f"{line}\n2\n3")
    page = "```console head=2\n$ advisor runs\nold\n```\n\n```console\n$ advisor cache\n```\n"
    expected = "```console head=2\n$ advisor runs\nadvisor runs\n2\n…\n```\n\n```console\n$ advisor cache\n"
    assert guide.with_outputs(page, tmp_path) == expected + "advisor cache\n2\n3\n```\n"


def test_asking_for_help_writes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    before = {page: page.stat().st_mtime_ns for page in guide.pages()}
    with pytest.raises(SystemExit):
        guide.main(["--help"])
    assert "--options" in capsys.readouterr().out
    assert {page: page.stat().st_mtime_ns for page in guide.pages()} == before
