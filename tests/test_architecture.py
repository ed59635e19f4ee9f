"""The house: eight floors, arrows that point down, no cycle between files, a small root, and who may import whom."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

import advisor

ROOT = Path(__file__).parents[1]
#: The rooms of each floor. A room imports itself and the floors below it; rooms of one floor do not know each other.
FLOORS: tuple[tuple[str, ...], ...] = (
    ("probes",),
    ("advisor.core",),
    ("advisor.data", "advisor.llm"),
    ("advisor.evidence", "advisor.training", "advisor.caches"),
    ("advisor.advice", "advisor.rungs"),
    ("advisor.batch", "advisor.exports", "advisor.runs", "advisor.score", "advisor.serve"),
    (
        "advisor.api",
        "advisor.doctor",
        "advisor.fixing",
        "advisor.improving",
        "advisor.leaving",
        "advisor.sharded",
        "advisor.using",
    ),
    ("advisor", "advisor.cli", "advisor.ui"),
)
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
MOST_ROOT_MODULES = 10
MOST_LINES = 450
FILES = sorted([*(ROOT / "probes").rglob("*.py"), *(ROOT / "advisor").rglob("*.py")])


def named(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


MODULES = {named(path): path for path in FILES}


def room(module: str) -> str:
    parts = module.split(".")
    return "probes" if parts[0] == "probes" else ".".join(parts[:2])


@cache
def imported(path: Path) -> frozenset[str]:
    """Dotted names imported anywhere in a file: inside functions and for the type checker too."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return frozenset(names)


def own_modules(path: Path) -> set[str]:
    """The project's modules that a file imports."""
    modules = set()
    for name in imported(path):
        while name and name not in MODULES:
            name = name.rpartition(".")[0]
        if name:
            modules.add(name)
    return modules - {named(path)}


def test_every_room_has_its_floor() -> None:
    assert {room(module) for module in MODULES} == set(FLOOR)
    assert len(FLOORS) <= 8


@pytest.mark.parametrize("path", FILES, ids=named)
def test_arrows_point_down(path: Path) -> None:
    mine = room(named(path))
    for module in own_modules(path):
        other = room(module)
        below = FLOOR[other] < FLOOR[mine] or other == mine
        assert below or module == "advisor", f"{named(path)} imports {module}, which is not below it"


def test_no_files_import_each_other_in_a_circle() -> None:
    graph = {named(path): own_modules(path) - {"advisor"} for path in FILES}
    while graph:
        leaves = {module for module, needs in graph.items() if not needs & set(graph)}
        if not leaves:
            on_the_way = {m: sorted(needs & set(graph)) for m, needs in graph.items()}
            raise AssertionError(f"These modules form cycles or stand above one: {on_the_way}")
        graph = {module: needs for module, needs in graph.items() if module not in leaves}


def test_the_root_and_the_files_stay_small() -> None:
    assert len(list((ROOT / "advisor").glob("*.py"))) <= MOST_ROOT_MODULES
    long = {named(path): lines for path in FILES if (lines := path.read_text().count("\n")) > MOST_LINES}
    assert not long, f"too long to read in one sitting: {long}"


@pytest.mark.parametrize("path", FILES, ids=named)
def test_streamlit_is_imported_by_the_dashboard_alone(path: Path) -> None:
    if room(named(path)) != "advisor.ui":
        assert "streamlit" not in {name.split(".")[0] for name in imported(path)}


#: Between a server and its own processes, or those of a run; nothing pickled is written to the disk or comes from it.
PIPES = ("advisor.ui.worker", "advisor.ui.workers", "advisor.training.parcels")


def test_no_pickle_and_no_function_that_runs_what_it_reads() -> None:
    for path in FILES:
        text = path.read_text()
        if named(path) not in PIPES:
            assert not {"pickle", "joblib", "dill"} & {name.split(".")[0] for name in imported(path)}, path
        assert "weights_only=False" not in text and "trust_remote_code=True" not in text, path


def test_no_public_name_is_a_module_too() -> None:
    """Importing a module puts it in the place of a function of that name."""
    modules = {module.split(".")[1] for module in MODULES if module.startswith("advisor.")}
    assert not modules & set(advisor.__all__)
