"""Records as annotation programs write them, one object per item: Label Studio, Prodigy, spaCy, doccano, CreateML."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from advisor.core.errors import DatasetError
from advisor.data.read.json_records import Refusal, flat, one_label

Record = dict[Any, Any]
Converter = Callable[[Record], Record | Refusal]
_BOOKKEEPING = frozenset("annotation_id annotator created_at updated_at lead_time".split())
_SPAN_TYPES = frozenset(["labels", "hypertextlabels", "paragraphlabels", "timeserieslabels", "relation"])
_HASH = re.compile(r"^[0-9a-f]{8}-")


def converter(path: Path, head: list[Record]) -> tuple[Converter, str]:
    """How records like these become rows, and what to say of it ("" for plain ones).

    head: the first records. Raises DatasetError where they mark spans inside texts, which are no classes.
    """
    if not head:
        return flat, ""
    if all(isinstance(one.get("data"), dict) and _annotated(one) is not None for one in head):
        _refuse_spans(path, "Label Studio", any(_result_types(one) & _SPAN_TYPES for one in head))
        several = any(len(_annotated(one) or []) > 1 for one in head)
        most = " Where annotators differ, the choice of more than half of them is read." if several else ""
        return _label_studio, f"Read as an export of Label Studio: the choices are the labels.{most}"
    if all(len(_BOOKKEEPING & set(one)) >= 2 for one in head):
        return _without_bookkeeping, "Read as an export of Label Studio."
    if all("answer" in one and ("_input_hash" in one or "_task_hash" in one) for one in head):
        marked = any(one.get("spans") for one in head) and not any("label" in one or "accept" in one for one in head)
        _refuse_spans(path, "Prodigy", marked)
        labels = {str(one["label"]) for one in head if "label" in one}
        return _prodigy(len(labels) == 1), "Read as answers in Prodigy: what was accepted is the label."
    if all(isinstance(one.get("cats"), dict) for one in head):
        return _spacy, "Read as spaCy's categories: the only one of value 1 is the label."
    _refuse_spans(
        path, "doccano", any(_is_span(one.get(key)) for one in head for key in ("label", "labels", "entities"))
    )
    if all(isinstance(one.get("image"), str) and _are_boxes(one.get("annotations")) for one in head):
        return _create_ml, "Read as CreateML's boxes: the only class in an image is its label."
    return flat, ""


def _refuse_spans(path: Path, program: str, marked: bool) -> None:
    if marked:
        raise DatasetError(
            f"{path} marks spans inside texts, as {program} writes them, and a span is no class of its text. "
            f"Give a table with one label for each text."
        )


def _is_span(value: Any) -> bool:
    """Whether a value is a list of [start, end, name], or of objects that say so."""
    first = value[0] if isinstance(value, list) and value else None
    if isinstance(first, dict):
        return {"start_offset", "end_offset"} <= set(first) or {"start", "end", "label"} <= set(first)
    return isinstance(first, list) and len(first) == 3 and all(isinstance(one, int) for one in first[:2])


def _annotated(record: Record) -> list[Any] | None:
    for key in ("annotations", "completions"):
        if isinstance(record.get(key), list):
            return [one for one in record[key] if isinstance(one, dict) and not one.get("was_cancelled")]
    return None


def _results(annotation: Record) -> list[Record]:
    results = annotation.get("result")
    return [one for one in results if isinstance(one, dict)] if isinstance(results, list) else []


def _result_types(record: Record) -> set[str]:
    return {str(result.get("type")) for one in _annotated(record) or [] for result in _results(one)}


def _label_studio(record: Record) -> Record | Refusal:
    votes: list[list[Any]] = []
    for annotation in _annotated(record) or []:
        names: list[Any] = []
        for result in _results(annotation):
            value = result.get("value")
            chosen = value.get(str(result.get("type"))) if isinstance(value, dict) else None
            names += chosen if isinstance(chosen, list) else [] if chosen is None else [chosen]
        votes += [[one[-1] if isinstance(one, list) and one else one for one in names]]
    most = [vote for vote in votes if 2 * votes.count(vote) > len(votes)]
    label = one_label(most[0] if most else (name for vote in votes for name in vote), "item")
    if isinstance(label, Refusal):
        return label
    data = {key: _place(value) for key, value in record["data"].items()}
    return {**data, "label": label} if "label" not in data else {**data, "chosen label": label}


def _place(value: Any) -> Any:
    """A file of an upload or of local storage without the server's part of its address."""
    if not isinstance(value, str):
        return value
    if value.startswith("/data/local-files/?d="):
        return value.partition("?d=")[2]
    if value.startswith("/data/upload/"):
        return _HASH.sub("", value.rsplit("/", 1)[-1])
    return value


def _without_bookkeeping(record: Record) -> Record:
    kept = {key: _place(value) for key, value in record.items() if key not in _BOOKKEEPING}
    return {
        key: value["choices"] if isinstance(value, dict) and "choices" in value else value
        for key, value in kept.items()
    }


def _prodigy(one_class: bool) -> Converter:
    """one_class: every record asks about the same label, so that a rejected one is the other class."""

    def convert(record: Record) -> Record | Refusal:
        answer = record.get("answer")
        kept = {key: record[key] for key in ("text", "image", "path", "html") if key in record}
        if answer == "ignore":
            return Refusal("It was ignored in Prodigy.")
        if "accept" in record:
            accepted = record["accept"] if isinstance(record["accept"], list) else [record["accept"]]
            label = one_label(accepted, "item") if answer == "accept" else ""
            return label if isinstance(label, Refusal) else {**kept, "label": label}
        if answer == "accept":
            return {**kept, "label": record.get("label")}
        if one_class:
            return {**kept, "label": f"not {record.get('label')}"}
        return Refusal(f"The label {record.get('label')} was rejected in Prodigy, and no other was given.")

    return convert


def _spacy(record: Record) -> Record | Refusal:
    label = one_label((name for name, value in record["cats"].items() if value in (1, True)), "text")
    rest = {key: value for key, value in record.items() if key != "cats"}
    return label if isinstance(label, Refusal) else {**rest, "label": label}


def _are_boxes(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, dict) and "label" in one for one in value)


def _create_ml(record: Record) -> Record | Refusal:
    boxes = record["annotations"] if isinstance(record.get("annotations"), list) else []
    label = one_label((one.get("label") for one in boxes if isinstance(one, dict)), "image")
    return label if isinstance(label, Refusal) else {"path": record.get("image"), "label": label}
