"""Tagged sentences: CoNLL columns, JSON with words and tags or with marked spans, and tables of one word a row.

An input of another kind is recognised by its first lines, so that looking costs little. Words and tags of a sentence
must be equal in number; what a tag continues without having begun is repaired and counted.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from advisor.core.errors import DatasetError
from advisor.core.records import ReadOptions, SetAside
from advisor.core.wording import counted, listed
from advisor.data.read.fingerprint import digest_text
from advisor.data.read.listing import Listing, item_table
from advisor.data.read.part_tables import part_of
from advisor.data.read.tagged_forms import FORMS, Raw
from advisor.data.read.tree import Tree
from advisor.data.tag_set import types_in
from probes.tagging.schemes import as_bio, scheme_of, spans_of

#: The parts that a name of a file tells; other files of one input are read as parts without a name.
SCHEMES = {"BIO": "BIO", "IOB1": "IOB1", "BIOES": "BIOES", "IO": "types without B and I"}


@dataclass
class _Read:
    """Sentences of one file with what was said of them."""

    file: str
    sentences: list[Raw]
    note: str
    aside: list[SetAside] = field(default_factory=list)


def list_tagged(tree: Tree, options: ReadOptions, whole: bool = True) -> Listing | None:
    """The tagged sentences in a tree as a listing of kind "tags"; None where the input is of another kind.

    whole: the tree is a folder. Raises DatasetError where the user named the kind and nothing is tagged.
    """
    if options.kind not in (None, "tags") or (whole and options.kind is None and tree.images):
        return None
    read = [one for file in tree.files if (one := _read(tree.root / file, file)) is not None]
    if not read:
        if options.kind is None:
            return None
        raise DatasetError(
            f"{tree.root} holds no tagged sentences. Give CoNLL columns (a word and its tag on each line, a blank line "
            f'between sentences), JSON lines such as {{"tokens": [...], "tags": [...]}} or {{"text": "...", "spans": '
            f'[{{"start": 0, "end": 5, "label": "..."}}]}}, or a table with columns token, tag and sentence.'
        )
    return _joined(tree, read)


def _read(path: Path, file: str) -> _Read | None:
    for form in FORMS:
        if (sentences := form.read(path)) is not None:
            return _Read(file, sentences, form.note)
    return None


def _joined(tree: Tree, read: list[_Read]) -> Listing:
    scheme = scheme_of(raw.tags for one in read for raw in one.sentences if raw.tags and not raw.problem)
    rows: list[tuple[str, str, str, str | None, str, str]] = []  # key, text, part, group, words, tags
    aside: list[SetAside] = []
    n_repaired = n_cut = 0
    for one in read:
        prefix = f"{one.file} " if len(read) > 1 else ""
        for number, raw in enumerate(one.sentences, 1):
            key = f"{prefix}sentence {number}"
            if raw.problem:
                aside.append(SetAside(key=key, reason=raw.problem))
                continue
            tags, repaired = as_bio(raw.tags, scheme)
            n_repaired, n_cut = n_repaired + repaired, n_cut + raw.n_cut
            part = raw.part or (part_of(one.file) if len(read) > 1 else "")
            group = f"{prefix}{raw.group}" if raw.group else None
            cells = (json.dumps(raw.words, ensure_ascii=False), json.dumps(tags, ensure_ascii=False))
            rows.append((key, raw.text or " ".join(raw.words), part, group, *cells))
    if not rows:
        raise DatasetError(f"None of the sentences in {tree.root} can be used.{_first(aside)}")
    keys, texts, parts, groups, words, tags = (list(column) for column in zip(*rows, strict=True))
    items = item_table(keys, [""] * len(keys), parts, groups, list(map(digest_text, texts)), "text", texts)
    items["words"], items["tags"] = pd.Series(words, dtype=object), pd.Series(tags, dtype=object)
    items["label"] = pd.Series(_rarest(items), dtype=object)
    listing = Listing("tags", tree.root, items, aside)
    listing.notes = _notes(listing, read, scheme, n_repaired, n_cut)
    return listing


def _rarest(items: pd.DataFrame) -> list[str]:
    """The rarest type of each sentence, by which the split keeps the types alike; "nothing" without a span."""
    counts = types_in(items)
    types = ({span.type for span in spans_of(json.loads(tags))} for tags in items["tags"])
    return [min(own, key=lambda name: (counts[name], name)) if own else "nothing" for own in types]


def _first(aside: list[SetAside]) -> str:
    return "".join(f" The first is {one.key}: {one.reason}" for one in aside[:1])


def _notes(listing: Listing, read: list[_Read], scheme: str, n_repaired: int, n_cut: int) -> list[str]:
    """How the input was understood, a sentence each."""
    forms = listed(dict.fromkeys(one.note for one in read))
    notes = [f"Read as tagged sentences: {forms}; tags in {SCHEMES[scheme]}."]
    if len(read) > 1:
        notes.append(f"The files {listed(one.file for one in read)} are read as the parts of one dataset.")
    if n_repaired:
        notes.append(
            f"{counted(n_repaired, 'tag')} went on with a span that had not begun, or left one open; a span begins or "
            f"ends there now."
        )
    if n_cut:
        notes.append(
            f"{counted(n_cut, 'span')} began or ended inside a word, or overlapped a longer one, and was fitted."
        )
    groups = listing.items["group"]
    if groups.notna().any():
        n = groups.nunique()
        notes.append(f"Sentences of one document stay together ({counted(n, 'document')}).")
    return notes
