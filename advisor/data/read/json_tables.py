"""JSON of any common arrangement as records: lists of objects, pandas' six orientations, parts, labels with items.

What is neither, such as a configuration or a list of words, is refused.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from advisor.core.errors import DatasetError
from advisor.core.wording import listed
from advisor.data.read.annotated_records import converter
from advisor.data.read.annotations import annotations_in
from advisor.data.read.cells import cell
from advisor.data.read.header import layout_of
from advisor.data.read.json_records import Records, Refusal, flat, is_scalar
from advisor.data.read.names import IMAGE_SUFFIXES, part_inside, part_name, suffix
from advisor.data.read.nested_records import opener, paths_to_open

__all__ = ["Records", "Refusal", "plain_records", "records_in"]

#: Records that are looked at to know who wrote them.
N_HEAD = 100
_NO_OBJECT = "The entry is not a JSON object."


def plain_records(path: Path, values: Iterable[Any], reason: str = _NO_OBJECT) -> Records:
    """Records of objects; another value is refused with `reason`. Raises DatasetError where they mark spans."""
    waiting = iter(values)
    head = list(itertools.islice(waiting, N_HEAD))
    objects = [one for one in head if isinstance(one, dict)]
    convert, note = converter(path, objects)
    nested: set[str] = set()
    opened = opener(paths_to_open(map(flat, objects)) if convert is flat else frozenset(), nested)

    def records() -> Iterator[dict[Any, Any] | Refusal]:
        for value in itertools.chain(head, waiting):
            if isinstance(value, Refusal):
                yield value
                continue
            record = convert(value) if isinstance(value, dict) and _fits(convert, value) else Refusal(reason)
            yield record if isinstance(record, Refusal) else opened(record)

    return Records(records(), [note] if note else [], nested=nested)


def _fits(convert: Any, value: dict[Any, Any]) -> bool:
    """Whether a later record is of the kind that the first ones are."""
    needed = {"_label_studio": "data", "_spacy": "cats"}.get(getattr(convert, "__name__", ""))
    return needed is None or isinstance(value.get(needed), dict)


def records_in(path: Path, content: Any) -> Records:
    """The records of a JSON file's content. Raises DatasetError when it is no table."""
    for _ in range(4):  # {"rasa_nlu_data": {"common_examples": [...]}}
        only = next(iter(content.values())) if isinstance(content, dict) and len(content) == 1 else None
        if not (isinstance(only, dict) and any(isinstance(value, (list, dict)) for value in only.values())):
            break
        if _by_row(only) or _columns(only):
            break
        content = only
    records = _of_list(path, content) if isinstance(content, list) else None
    if isinstance(content, dict):
        records = annotations_in(path, content) or _of_dict(path, content)
    if records is None:
        raise DatasetError(
            f"{path} holds no list of objects. Write one object per item, with its text or path and its label."
        )
    return records


def _of_list(path: Path, content: list[Any]) -> Records | None:
    if any(isinstance(one, dict) for one in content):
        return plain_records(path, content)
    return _of_rows(content)


def _of_dict(path: Path, content: dict[Any, Any]) -> Records | None:
    if (split := _split_orientation(content)) is not None:
        return split
    if (parts := _parts(path, content)) is not None:
        return parts
    if _columns(content):
        names, values = list(content), [list(column.values()) for column in content.values()]
        return Records(dict(zip(names, row, strict=True)) for row in zip(*values, strict=True))
    if _by_row(content):
        return _rows_by_key(path, content)
    lists = {key: value for key, value in content.items() if isinstance(value, list)}
    if lists:
        return _of_lists(path, lists)
    if len(content) > 3 and all(isinstance(value, (str, int)) for value in content.values()):
        return _labels_by_key(content)
    return None


def _split_orientation(content: dict[Any, Any]) -> Records | None:
    """pandas' "split": names of columns and rows of values."""
    names, rows = content.get("columns"), content.get("data")
    if not (isinstance(names, list) and isinstance(rows, list) and all(is_scalar(name) for name in names)):
        return None
    if not rows or not all(isinstance(row, list) for row in rows):
        return None
    why = f"The row has not {len(names)} values as the columns have."
    return Records(
        (
            dict(zip(map(str, names), row, strict=True)) if len(row) == len(names) else Refusal(why)
            for row in rows
        ),
        header=tuple(dict.fromkeys(map(str, names))),
    )  # fmt: skip


def _parts(path: Path, content: dict[Any, Any]) -> Records | None:
    """Lists of records under the names of parts, as one table with a column split."""
    names = {key: part_name(str(key)) or part_inside(str(key)) for key in content}
    if len(content) < 2 or not all(names.values()) or not all(isinstance(v, list) and v for v in content.values()):
        return None
    readers = {key: _of_list(path, value) for key, value in content.items()}
    if not all(readers.values()):
        return None

    nested: set[str] = set()

    def records() -> Iterator[dict[Any, Any] | Refusal]:
        for key, part in readers.items():
            for record in part or ():
                nested.update(part.nested if part else ())
                yield record if isinstance(record, Refusal) else {**record, "split": names[key]}

    notes = [note for part in readers.values() if part for note in part.notes]
    return Records(records(), list(dict.fromkeys(notes)), nested=nested)


def _columns(content: Any) -> bool:
    """Whether this is pandas' "columns": names of columns, each with values by row."""
    values = list(content.values()) if isinstance(content, dict) else []
    if len(values) < 2 or not all(isinstance(one, dict) and one for one in values):
        return False
    keys = set(values[0])
    if any(set(one) != keys for one in values[1:]):
        return False
    numbered = all(map(_is_number, keys)) and not all(map(_is_number, content))
    return numbered or len(keys) > max(len(values), 20)


def _by_row(content: Any) -> bool:
    """Whether this is pandas' "index": a record for each key."""
    values = list(content.values()) if isinstance(content, dict) else []
    if len(values) < 2 or not all(isinstance(one, dict) and one for one in values):
        return False
    names = {name for one in values[:1000] for name in one}
    shared = sum(len(one) for one in values[:1000]) / (len(names) * min(len(values), 1000))
    return shared >= 0.5


def _rows_by_key(path: Path, content: dict[Any, Any]) -> Records:
    numbered = all(map(_is_number, content))
    name = _key_name([str(key) for key in content])
    taken = any(name in record for record in content.values())
    rows = [value if numbered or taken else {name: key, **value} for key, value in content.items()]
    return plain_records(path, rows)


def _labels_by_key(content: dict[Any, Any]) -> Records | None:
    """A label for each key, where the labels repeat."""
    if len(set(map(str, content.values()))) > len(content) / 2:
        return None
    name = _key_name([str(key) for key in content])
    return Records(({name: key, "label": value} for key, value in content.items()), header=(name, "label"))


def _key_name(keys: list[str]) -> str:
    """What keys of records are: paths of images, texts, or ids that may name images without their suffix."""
    if sum(suffix(key) in IMAGE_SUFFIXES for key in keys) >= 0.8 * len(keys):
        return "path"
    return "text" if sum(" " in key.strip() for key in keys) >= 0.8 * len(keys) else "image_id"


def _of_lists(path: Path, lists: dict[Any, list[Any]]) -> Records | None:
    lengths = {len(value) for value in lists.values()}
    texts = all(isinstance(one, str) for value in lists.values() for one in value)
    different = all(len(set(value)) == len(value) for value in lists.values()) if texts else False
    if len(lists) > 1 and texts and (len(lengths) > 1 or (different and min(lengths) > 3)) and 0 not in lengths:
        is_path = all(suffix(one) in IMAGE_SUFFIXES for value in lists.values() for one in value[:100])
        item = "path" if is_path else "text"
        rows = ({item: one, "label": str(label)} for label, value in lists.items() for one in value)
        return Records(rows, [f"The keys of {path.name} are the labels of the texts in their lists."], (item, "label"))
    if len(lists) > 1 and len(lengths) == 1:
        return plain_records(path, (dict(zip(lists, row, strict=True)) for row in zip(*lists.values(), strict=True)))
    name = max(lists, key=lambda key: (any(isinstance(one, dict) for one in lists[key][:N_HEAD]), len(lists[key])))
    records = _of_list(path, lists[name])
    others = [str(key) for key, value in lists.items() if key != name and any(isinstance(one, dict) for one in value)]
    if records and others:
        records.notes.append(
            f"{path.name} is read from its list {name}; {listed(others)} {'are' if others[1:] else 'is'} not read."
        )
    return records


def _of_rows(content: list[Any]) -> Records | None:
    """pandas' "values": rows of values; the first may name the columns."""
    if len(content) < 2 or not all(isinstance(row, list) and all(map(is_scalar, row)) for row in content):
        return None
    width = len(content[0])
    if width < 2 or any(len(row) != width for row in content):
        return None
    head = [[cell(value) for value in row] for row in content[:1000]]
    layout = layout_of(head, [])
    named = layout.n_before and all(isinstance(value, str) for value in content[0]) and _differs(content)
    names = layout.header if named else [f"column {i + 1}" for i in range(width)]
    rows = content[1:] if named else content
    return Records((dict(zip(names, row, strict=True)) for row in rows), header=tuple(names))


def _differs(rows: list[list[Any]]) -> bool:
    """Whether the first row of values is one of names: short words that stand in no row below."""
    below = {value for row in rows[1:200] for value in row if isinstance(value, str)}
    return all(len(value) <= 30 and value not in below and len(value.split()) <= 2 for value in rows[0])


def _is_number(key: Any) -> bool:
    return str(key).lstrip("-").isdigit()
