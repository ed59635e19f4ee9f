"""`advisor mcp`: the line as tools for agents, over the Model Context Protocol on stdin and stdout.

Off unless somebody starts it. Each tool is a thin call of `advisor.api`; paths outside one folder are refused.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from advisor.core.records import Advice, Profile, RunReport

#: What an agent reads of a long list.
MOST = 50


def mcp(
    root: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Read paths below this folder alone.", show_default="the working folder"),
    ] = None,
) -> None:
    """Offer read, profile, advise, train, runs and predict as tools to an agent, over stdin and stdout."""
    from advisor.core.errors import RunError

    try:
        from mcp.server.mcpserver import MCPServer
    except ImportError as error:
        raise RunError('Tools for agents need the extra mcp: pip install "transfer-advisor[mcp]"') from error
    from advisor import __version__
    from advisor.core import reach

    folder = (root or Path.cwd()).expanduser()
    if not folder.is_dir():
        raise RunError(f"{folder} is not a folder. Name one with --root.")
    reach.limit(lambda: reach.resolved([folder]))  # tables name files too
    server = MCPServer("transfer-advisor", version=__version__, instructions=mcp.__doc__)
    for tool in tools(folder.resolve()):
        server.add_tool(spoken(tool))
    server.run("stdio")  # not inside `output.command`, which keeps stdout for its own answer


def spoken(tool: Callable[..., Any]) -> Callable[..., Any]:
    """The tool, whose refusals reach the agent as sentences."""
    from mcp.server.mcpserver.exceptions import ToolError

    from advisor.core.errors import PeopleError

    @wraps(tool)
    def speaking(**arguments: Any) -> Any:
        try:
            return tool(**arguments)
        except PeopleError as error:
            raise ToolError(str(error)) from error

    return speaking


def tools(root: Path) -> list[Callable[..., Any]]:
    """The tools; relative paths begin at `root`, and none may lie outside it."""
    from advisor import api

    def read(source: str) -> dict[str, Any]:
        """Read a dataset: a folder, an archive, a table, or a sample such as sample:digits."""
        dataset = api.read(inside(root, source))
        return {
            "name": dataset.name, "kind": dataset.kind, "n_items": dataset.n_used,
            "classes": list(dataset.classes)[:MOST], "n_classes": len(dataset.classes), "metric": dataset.metric,
            "fingerprint": dataset.fingerprint,
        }  # fmt: skip

    def profile(source: str) -> dict[str, Any]:
        """Say what is in a dataset and what is wrong with it."""
        return profiled(api.profile(inside(root, source)))

    def advise(source: str, target: str = "", budget_seconds: float = 60.0) -> dict[str, Any]:
        """Measure a dataset and recommend prompting, retrieval, frozen features, fine-tuning or training from scratch.

        target: the metric wanted, such as "90%"; empty for the best.
        """
        return advised(api.advise(inside(root, source), target=target or None, budget=budget_seconds))

    def train(source: str, rung: str = "auto", budget_seconds: float = 300.0) -> dict[str, Any]:
        """Train the recommended rung, or the one named, and wait for what it reaches on the test part."""
        return reported(api.train(inside(root, source), rung=rung, budget=budget_seconds))

    def runs() -> list[dict[str, Any]]:
        """List the runs, the latest first."""
        from advisor.cli.show_runs import status_json
        from advisor.runs import store

        return [status_json(run) for run in store.runs()[:MOST]]

    def predict(run: str, inputs: list[str]) -> list[dict[str, Any]]:
        """Predict with a finished run's model, by its id or the word last: texts, paths of images, or questions."""
        return applied(root, run, inputs)

    return [read, profile, advise, train, runs, predict]


def inside(root: Path, source: str) -> str:
    """A sample as it is, and a path made absolute. Raises DatasetError for a path outside the root."""
    from advisor.core import reach
    from advisor.core.errors import DatasetError
    from advisor.data.read.source import SAMPLE

    if source.startswith(SAMPLE):
        return source
    path = root / source
    if "\0" in source or not reach.within(path, root):
        raise DatasetError(f"{source} lies outside {root}. Copy it there, or start advisor mcp with --root.")
    return str(path)


def applied(root: Path, run: str, inputs: Sequence[str]) -> list[dict[str, Any]]:
    """What a run's model says of inputs; a run is named by its id alone, and images lie below the root."""
    from advisor import api
    from advisor.cli.show_classes import prediction_json
    from advisor.core.errors import RunError
    from advisor.core.kinds import kind_row
    from advisor.rungs.saved.predictor import Predictor
    from advisor.rungs.saved.tagging import Tagger

    if run != Path(run).name or run in {"", ".", ".."}:
        raise RunError(f"{run!r} is not the id of a run. The tool runs lists them.")
    model = api.load(run)
    if isinstance(model, Tagger):
        return [tagged.model_dump(mode="json") for tagged in model.predict(list(inputs))]
    if not isinstance(model, Predictor):
        return [answer.model_dump(mode="json") for answer in model.answer(inputs)]
    is_image = kind_row(model.kind).modality == "image"
    items = [inside(root, item) for item in inputs] if is_image else list(inputs)
    return [prediction_json(prediction) for prediction in model.predict(items)]


def profiled(found: Profile) -> dict[str, Any]:
    """A profile without its long lists."""
    document = found.model_dump(mode="json", include={"counts", "imbalance", "facts", "n_leaks"})
    findings = [f.model_dump(mode="json", include={"check", "severity", "sentence", "n_items"}) for f in found.findings]
    return {**document, "findings": findings}


def advised(advice: Advice) -> dict[str, Any]:
    """An advice with a row for each rung."""
    row = {"rung", "available", "value", "low", "high", "train_seconds", "blocked", "reason"}
    return {
        **advice.model_dump(mode="json", include={"headline", "sentences", "recommended", "runner_up", "metric"}),
        "rungs": [estimate.model_dump(mode="json", include=row) for estimate in advice.estimates],
    }


def reported(report: RunReport) -> dict[str, Any]:
    """What a run reached."""
    return report.model_dump(
        mode="json", include={"run", "rung", "metric", "test", "promised", "sentences", "seconds", "dropped"}
    )
