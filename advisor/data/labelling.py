"""Items to label as files, and the labels that come back in them: a CSV table, and a project for Label Studio.

The project is two files: the tasks, one with ``data`` for each item, and the labelling configuration, a choice among
the classes (https://labelstud.io/guide/tasks, "Basic Label Studio JSON format"; https://labelstud.io/tags/choices).
Images are inside the tasks as data URIs, so that no storage has to be set up. The probe's guess is in neither: who
sees a guess tends to confirm it, and these are the items that it is least sure of.

What comes back is the CSV with its column ``label`` filled in, or Label Studio's export as JSON, JSON_MIN, CSV or TSV.
All but the first have a row for each annotation, so an item that several people labelled stands there several times.
"""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

import pandas as pd

from advisor.core import storage
from advisor.core.errors import DatasetError, PeopleError
from advisor.core.kinds import kind_row
from advisor.core.records import NextLabels
from advisor.core.shown import without_formula
from advisor.core.wording import listed
from advisor.data.decode import open_image

TABLE, TASKS, CONFIG = "to-label.csv", "label-studio-tasks.json", "label-studio-config.xml"
#: Images are shrunk to this side inside the tasks; fifty take a few megabytes.
MOST_PX, QUALITY = 1024, 88
CHOICE = "label"


@dataclass(frozen=True)
class Labelled:
    """One item that came back with a label."""

    key: str
    digest: str
    item: str
    label: str


def write(chosen: NextLabels, folder: Path) -> dict[str, Path]:
    """Write all three files into a folder, made where it is not there; by name: table, tasks, config.

    Raises StorageError.
    """
    folder = folder.expanduser()
    contents = {TABLE: to_csv(chosen), TASKS: to_tasks(chosen), CONFIG: to_config(chosen)}
    for name, text in contents.items():
        storage.write_bytes(folder / name, text.encode("utf-8", "replace"))
    return {"table": folder / TABLE, "tasks": folder / TASKS, "config": folder / CONFIG}


def to_csv(chosen: NextLabels) -> str:
    """key, path or text, an empty label, and the digest; no cell can be read as a formula."""
    column = kind_row(chosen.kind).column
    rows = pd.DataFrame([{"key": one.key, column: one.item, "label": "", "digest": one.digest} for one in chosen.items])
    return rows.map(lambda cell: without_formula(str(cell))).to_csv(index=False, lineterminator="\n")


def to_tasks(chosen: NextLabels) -> str:
    """Label Studio's tasks as JSON; an image that cannot be read any more is left out."""
    field = kind_row(chosen.kind).modality
    tasks = []
    for one in chosen.items:
        shown = one.item if field == "text" else _data_uri(one.item)
        if shown is not None:
            place = {"item": one.item} if field != "text" else {}
            tasks.append({"data": {field: shown, "key": one.key, "digest": one.digest, **place}})
    return json.dumps(tasks, ensure_ascii=False, indent=1)


def _data_uri(path: str) -> str | None:
    try:
        image = open_image(path, MOST_PX)
    except (PeopleError, OSError):
        return None
    image.thumbnail((MOST_PX, MOST_PX))
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=QUALITY)
    return f"data:image/jpeg;base64,{base64.b64encode(stream.getvalue()).decode()}"


def to_config(chosen: NextLabels) -> str:
    """Label Studio's labelling configuration: the item, and one choice among the classes."""
    field = kind_row(chosen.kind).modality
    tag = "Image" if field == "image" else "Text"
    choices = "\n".join(f"    <Choice value={quoteattr(name)}/>" for name in chosen.classes)
    return (
        f'<View>\n  <{tag} name="{field}" value="${field}"/>\n'
        f'  <Choices name="{CHOICE}" toName="{field}" choice="single-radio" required="true">\n{choices}\n'
        f"  </Choices>\n</View>\n"
    )


def read(path: Path, chosen: NextLabels | None = None) -> list[Labelled]:
    """The items of a file that have a label now, in the order in which they stand; of several, more than half agree.

    chosen: as it was written; an item of it lies where it lay then, whatever the file says. Raises DatasetError where
    the file is none of those that were written, or nothing in it has a label; StorageError.
    """
    path = path.expanduser()
    text = storage.read_bytes(path).decode("utf-8-sig", "replace")
    rows = _of_json(path, text) if text.lstrip()[:1] in ("[", "{") else _of_csv(path, text)
    known = {one.digest: one for one in chosen.items} if chosen is not None else {}
    found = []
    for row in _agreed(rows):
        one = known.get(row.get("digest", ""))
        item = one.item if one is not None else row.get("item", "")
        if (label := row.get("label", "").strip()) and item:
            found.append(Labelled(row.get("key", ""), row.get("digest", ""), item, label))
    if not found:
        raise DatasetError(
            f"{path} has no label yet. Fill in the column label, or export the project of Label Studio once items are "
            f"labelled."
        )
    return found


def _agreed(rows: Iterable[dict[str, str]]) -> list[dict[str, str]]:
    """One row for each item, with the label that stands in more than half of its rows that have one; else without."""
    by_item: dict[str, list[dict[str, str]]] = {}
    for place, row in enumerate(rows):
        by_item.setdefault(row.get("digest") or row.get("key") or f"{place}", []).append(row)
    return [{**own[0], "label": _majority([row.get("label", "").strip() for row in own])} for own in by_item.values()]


def _majority(votes: Iterable[str]) -> str:
    """The label that more than half of the votes name; "" where none is. Who gave no label has no vote."""
    own = [vote for vote in votes if vote]
    best = max(own, key=own.count, default="")
    return best if 2 * own.count(best) > len(own) else ""


def _of_csv(path: Path, text: str) -> list[dict[str, str]]:
    delimiter = max(",;\t", key=text.partition("\n")[0].count)  # as a spreadsheet of the user's language saves it
    try:  # by pandas, since Label Studio's has whole images in its cells, and `csv` takes 128 kB a cell
        cells = pd.read_csv(io.StringIO(text, newline=""), sep=delimiter, dtype=str, keep_default_na=False)
    except pd.errors.EmptyDataError:
        cells = pd.DataFrame()
    except ValueError as error:  # a ParserError is one, too
        raise DatasetError(f"{path} cannot be read as CSV ({error}). Save it so, in UTF-8.") from error
    rows = [{str(name): _own(cell) for name, cell in row.items()} for row in cells.to_dict("records")]
    column = next((name for name in ("path", "item", "text") if rows and name in rows[0]), None)
    if column is None or not {"key", "label"} <= set(rows[0]):
        there = listed(rows[0]) if rows else "no row"
        raise DatasetError(f"{path} needs the columns key, path or text, and label, as {TABLE} has; it has {there}.")
    return [{**row, "item": row[column]} for row in rows]


def _own(cell: str | None) -> str:
    """A cell without the mark of `without_formula`."""
    text = cell if isinstance(cell, str) else ""
    return text[1:] if text.startswith("'") and without_formula(text[1:]) == text else text


def _of_json(path: Path, text: str) -> list[dict[str, str]]:
    """Rows of Label Studio's export: JSON with annotations, or JSON_MIN with the choice as a field."""
    try:
        content = json.loads(text)
    except ValueError as error:
        raise DatasetError(f"{path} cannot be read as JSON ({error}). Export the project again.") from error
    tasks = [task for task in content if isinstance(task, dict)] if isinstance(content, list) else []
    rows = []
    for task in tasks:
        data = task["data"] if isinstance(task.get("data"), dict) else task
        row = {name: str(data[name]) for name in ("key", "digest", "item") if isinstance(data.get(name), (str, int))}
        if "item" not in row and isinstance(data.get("text"), str):
            row["item"] = data["text"]
        rows.append({**row, "label": _choice(task)})
    if not any("digest" in row for row in rows):
        raise DatasetError(f"{path} is not an export of the tasks in {TASKS}: no task has a digest.")
    return rows


def _choice(task: Mapping[str, Any]) -> str:
    """The class that was chosen, by more than half of the annotations where there are several; "" without one."""
    if "annotations" not in task and "completions" not in task:
        return _first(task.get(CHOICE))
    annotations = task.get("annotations") or task.get("completions") or []
    votes = [_vote(one) for one in annotations if isinstance(one, dict) and not one.get("was_cancelled")]
    return _majority(votes)


def _vote(annotation: Mapping[str, Any]) -> str:
    for result in annotation.get("result") or []:
        if isinstance(result, dict) and isinstance(result.get("value"), dict) and result.get("type") == "choices":
            return _first(result["value"].get("choices"))
    return ""


def _first(value: Any) -> str:
    """The one choice of a value: a name, or a list of one, also as JSON_MIN writes several."""
    if isinstance(value, dict):
        value = value.get("choices")
    if isinstance(value, list):
        return str(value[0]).strip() if len(value) == 1 else ""
    return str(value).strip() if isinstance(value, (str, int, float)) else ""
