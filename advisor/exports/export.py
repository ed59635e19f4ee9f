"""A finished run's model, written where the user wants it, checked, and with all that its next user needs beside it."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

from advisor.core import disk
from advisor.core.errors import DatasetError, RunError, StorageError
from advisor.core.kinds import kind_row
from advisor.core.records import Dataset, Plan, RunReport
from advisor.core.workspace import RunFiles
from advisor.exports import beside, contents, extra, language, onnx_file, parity, quantised, questions, tags
from advisor.exports.graphs import Graph, graph_of
from advisor.exports.records import FORMS, Exported, Form
from advisor.llm.identity import is_endpoint
from advisor.rungs.saved import folder as saved
from advisor.rungs.saved.answering import Answerer
from advisor.rungs.saved.loading import load
from advisor.rungs.saved.predictor import Predictor
from advisor.rungs.saved.prompt import PromptPredictor
from advisor.rungs.saved.tagging import Tagger
from probes.progress import Progress, silent, within


def export(run: Path, form: str = "onnx", to: str | Path | None = None, progress: Progress = silent) -> Exported:
    """Write the model in a run's folder to the folder `to` (``<run>-<form>`` in this one), checked by the user's items.

    The exported model answers up to 200 test items. Raises RunError where the model cannot leave in this form, where an
    extra is missing, or where the exported model gives another label; StorageError where `to` holds something else.
    """
    chosen = checked_form(form)
    target = _target(run, chosen, to)
    progress("Loading the model", 0.0)
    spec, tensors = saved.read(run)
    dataset = _dataset(spec)
    if is_language(spec):
        return _written(target, lambda aside: _language(run, chosen, spec, dataset, aside, progress))
    if chosen != "safetensors":
        extra.check_installed()
    model = load(run)
    if isinstance(model, Tagger):
        return _written(target, lambda aside: _tagger(run, chosen, model, tensors, dataset, aside, progress))
    assert isinstance(model, Predictor)
    graph = graph_of(model, tensors)
    return _written(target, lambda aside: _classifier(run, chosen, model, tensors, graph, dataset, aside, progress))


def is_language(spec: dict[str, Any]) -> bool:
    """Whether the model answers by a language model, or answers questions."""
    return bool(kind_row(spec["kind"]).task == "answering" or spec["weights"] == "prompt")


def checked_form(form: str) -> Form:
    """The form of this name. Raises RunError naming all of them."""
    for known in FORMS:
        if known == form:
            return known
    raise RunError(f"There is no form {form!r} to export to. Choose one of {', '.join(FORMS)}.")


def exported_in(folder: str | Path) -> Exported | None:
    """What was exported into a folder; None where nothing was."""
    path = Path(folder) / Exported.NAME
    return Exported.load(path) if path.is_file() else None


def _classifier(
    run: Path, form: Form, model: Predictor, tensors: Any, graph: Graph, dataset: Dataset | None, to: Path,
    progress: Progress,
) -> Exported:  # fmt: skip
    """A model of classes: the files of its form, each checked, then what a whole folder has beside them."""
    contents.write_description(graph.reads, model, to)
    if form != "onnx":
        contents.write_weights(model, tensors, to)
    result = _begun(form, model.spec, to)
    if form != "safetensors":
        progress("Translating into ONNX", 0.1)
        onnx_file.write(graph, to / "model.onnx")
        contents.write_scripts(graph.reads, to)
        contents.write_requirements(contents.PACKAGES[graph.reads], to)
        result = _checked(result, model, graph, dataset, to, within(progress, 0.4, 0.9))
    if form == "folder":
        progress("Writing the card and the record", 0.9)
        plan, report = Plan.load(RunFiles(run).plan), RunReport.saved(RunFiles(run).report)
        result = beside.write(result, model, plan, report, dataset, run, to)
    return result


def _begun(form: Form, spec: dict[str, Any], to: Path) -> Exported:
    """The record of an export before anything is checked."""
    rung, dataset = spec.get("fallback") or spec["rung"], spec.get("dataset", {}).get("name", "")
    return Exported(run=str(spec["run"]), form=form, folder=str(to), files=(), rung=rung, dataset=dataset)


def _language(
    run: Path, form: Form, spec: dict[str, Any], dataset: Dataset | None, to: Path, progress: Progress
) -> Exported:
    """A language model behind a prompt, or a model that answers, then what a whole folder has beside it."""
    result = _begun(form, spec, to)
    if is_endpoint(str((spec.get("model") or spec.get("language_model") or {}).get("identity", ""))):
        contents.write_json(to / "prompt.json", spec.get("prompt") or spec["head"])
        result = _without(result, "The language model is at an endpoint and stays there; prompt.json holds the prompt.")
        return _papers(run, form, spec, dataset, result, to)
    model = load(run)
    if isinstance(model, Answerer):
        compared, remarks = questions.export(model, form, dataset, to, progress)
        result = result.model_copy(update={"parity": compared, "remarks": remarks})
    else:
        assert isinstance(model, PromptPredictor)
        result = result.model_copy(update={"remarks": language.export(model, form, dataset, to, progress)})
    if form == "folder":
        beside.write_server(to)
    return _papers(run, form, spec, dataset, result, to)


def _tagger(
    run: Path, form: Form, model: Tagger, tensors: Any, dataset: Dataset | None, to: Path, progress: Progress
) -> Exported:
    """A model that marks words, then what a whole folder has beside it."""
    compared, remarks = tags.export(model, form, tensors, dataset, to, progress)
    result = _begun(form, model.spec, to).model_copy(update={"parity": compared, "remarks": remarks})
    return _papers(run, form, model.spec, dataset, result, to)


def _papers(
    run: Path, form: Form, spec: dict[str, Any], dataset: Dataset | None, result: Exported, to: Path
) -> Exported:
    """With licences, record and card where the whole folder is wanted."""
    if form != "folder":
        return result
    plan, report = Plan.load(RunFiles(run).plan), RunReport.saved(RunFiles(run).report)
    return beside.papers(result, spec, plan, report, dataset, to)


def _checked(
    result: Exported, model: Predictor, graph: Graph, dataset: Dataset | None, to: Path, progress: Progress
) -> Exported:
    """With parity, and the int8 version. Raises RunError where the exported model gives another label."""
    if dataset is None:
        return _without(result, "The dataset is not in this workspace, so the exported model was not compared.")
    items, _ = parity.items_of(dataset, "test")
    if not items:
        return _without(result, "The dataset has no test items, so the exported model was not compared.")
    progress("Asking both models about the test items", 0.0)
    compared = parity.compared(model, to, items, within(progress, 0.0, 0.5))
    parity.keep(compared, to, parity.OTHER_FORM)
    progress("Making an int8 version", 0.5)
    int8 = quantised.quantise(graph, to, dataset)
    if int8 is not None:
        contents.write_json(to / "int8.json", int8.model_dump(mode="json"))
    return result.model_copy(update={"parity": compared, "quantised": int8})


def _without(result: Exported, remark: str) -> Exported:
    return result.model_copy(update={"remarks": (*result.remarks, remark)})


def _dataset(spec: dict[str, Any]) -> Dataset | None:
    """The dataset that the model learned, where it is still in the workspace."""
    from advisor.data.store import open_dataset

    try:
        return open_dataset(spec["dataset"]["fingerprint"])
    except (DatasetError, StorageError):
        return None


def _target(run: Path, form: Form, to: str | Path | None) -> Path:
    """Where to write. Raises StorageError for a place that holds anything but an export."""
    target = Path(to).expanduser().absolute() if to is not None else Path.cwd() / f"{run.name}-{form}"
    if target.is_file() or (target.is_dir() and _others(target)):
        raise StorageError(f"{target} holds something else. Name a folder that is empty, new, or an earlier export.")
    return target


def _others(folder: Path) -> list[Path]:
    """The files in a folder that no export has written there."""
    earlier = exported_in(folder)
    own = set(earlier.files) if earlier is not None else set()
    files = (path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return [path for path in files if path.relative_to(folder).as_posix() not in own]


def _written(target: Path, write: Any) -> Exported:
    """What `write` makes of a folder aside, put at its place in one step. Raises StorageError naming a full disk."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}.") as room:
            aside = Path(room) / target.name
            aside.mkdir()
            result: Exported = write(aside)
            names = sorted([path.relative_to(aside).as_posix() for path in aside.rglob("*") if path.is_file()])
            result = result.model_copy(update={"folder": str(target), "files": (*names, Exported.NAME)})
            contents.write_json(aside / Exported.NAME, result.model_dump(mode="json"))
            for path in aside.rglob("*"):
                path.chmod(0o755 if path.is_dir() else 0o644)  # others are to read it
            if target.exists():
                shutil.rmtree(target)
            aside.replace(target)
            return result
    except OSError as error:
        raise StorageError(disk.sentence(target, error, 0)) from error
