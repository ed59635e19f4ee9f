"""Arrows point one way: a stage imports only what stands to its left, `probes` never imports `advisor`."""

from __future__ import annotations

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
#: From left to right; modules on one line may import each other.
LAYERS: tuple[tuple[str, ...], ...] = (
    ("errors", "ladder", "storage", "records"),
    ("dataset",),
    ("profile",),
    ("features", "names", "retrieval", "questions", "language", "llm", "endpoint", "prompt_cache", "asking"),
    ("evidence",),
    ("training",),
    ("estimate",),
    ("advice",),
    ("rungs",),
    ("ask",),
    ("report",),
    ("runs",),
    ("line",),
    ("ui", "cli", "doctor", "bench", "__init__"),
)
PLACE = {name: place for place, names in enumerate(LAYERS) for name in names}
FACES = {"ui", "cli", "doctor", "bench"}


def files(package: str) -> list[Path]:
    return sorted(p for p in (ROOT / package).rglob("*.py"))


def imported(path: Path) -> set[str]:
    """Dotted names imported anywhere in a file, inside functions too."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def stage(path: Path) -> str:
    name = path.relative_to(ROOT / "advisor").with_suffix("").parts[0]
    return "cli" if name.startswith("cli_") else name


@pytest.mark.parametrize("path", files("probes"), ids=lambda p: str(p.relative_to(ROOT)))
def test_probes_know_nothing_of_advice_or_pages(path: Path) -> None:
    assert not {name for name in imported(path) if name.split(".")[0] in {"advisor", "streamlit"}}


def test_no_cycle_among_the_files_of_probes() -> None:
    """Imports inside functions and for type checking count."""
    module_of = {
        ".".join(p.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): p for p in files("probes")
    }
    graph: dict[str, set[str]] = {}
    for module, path in module_of.items():
        longest = (
            max((m for m in module_of if f"{name}.".startswith(f"{m}.")), key=len, default="")
            for name in imported(path)
        )
        graph[module] = {target for target in longest if target and target != module}
    TopologicalSorter(graph).prepare()  # raises CycleError, which names the files


@pytest.mark.parametrize("path", files("advisor"), ids=lambda p: str(p.relative_to(ROOT)))
def test_a_stage_imports_only_stages_to_its_left(path: Path) -> None:
    own = PLACE[stage(path)]
    for name in imported(path):
        parts = name.split(".")
        if parts[0] == "streamlit":
            assert stage(path) == "ui", f"{path.name} imports streamlit"
        if parts[0] == "advisor" and len(parts) > 1 and parts[1] in PLACE and stage(path) not in FACES:
            assert PLACE[parts[1]] <= own or stage(path) == "__init__", (
                f"{path} imports {name}, which stands to its right"
            )


def test_no_pickle_and_no_function_that_runs_what_it_reads() -> None:
    for path in files("advisor") + files("probes"):
        text = path.read_text()
        assert not {"pickle", "joblib", "dill"} & {name.split(".")[0] for name in imported(path)}, path
        assert "weights_only=False" not in text and "trust_remote_code=True" not in text, path
