"""Tag sequences in any common scheme, as BIO, and the spans that they mark.

Ramshaw and Marcus, "Text Chunking using Transformation-Based Learning", 1995, https://aclanthology.org/W95-0107 (IOB1);
Ratinov and Roth, "Design Challenges and Misconceptions in Named Entity Recognition", CoNLL 2009 (BILOU).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

Scheme = Literal["BIO", "IOB1", "BIOES", "IO"]
OUTSIDE = "O"
#: A tag: the place in its span, and the type.
TAG = re.compile(r"^([BIESLUMWbiesl])[-_](.+)$")
#: Places that begin a span, and places that end one, in BIOES, BILOU and BMEWO.
_BEGINS, _ENDS = frozenset("BSUW"), frozenset("ESLUW")


class Span(NamedTuple):
    """Words from `start` up to, but not with, `end`, of a type."""

    start: int
    end: int
    type: str


def split_tag(tag: str) -> tuple[str, str]:
    """(place, type) of a tag; place "" of a bare type, and both "" outside.

    >>> split_tag("B-person"), split_tag("person"), split_tag("O")
    (('B', 'person'), ('', 'person'), ('', ''))
    """
    if tag in (OUTSIDE, "o", "", "_"):
        return "", ""
    match = TAG.match(tag)
    return (match[1].upper(), match[2]) if match else ("", tag)


def is_tag(value: str) -> bool:
    """Whether a cell reads like a tag with a place, or like the tag outside."""
    return value == OUTSIDE or TAG.match(value) is not None


def scheme_of(sentences: Iterable[Sequence[str]]) -> Scheme:
    """The scheme that tag sequences are written in.

    >>> scheme_of([["I-a", "B-a", "O", "I-b"]]), scheme_of([["B-a", "I-a"]]), scheme_of([["S-a", "O"]])
    ('IOB1', 'BIO', 'BIOES')
    """
    begins = inside = 0
    bare = True
    for tags in sentences:
        before = ""
        for tag in tags:
            place, name = split_tag(tag)
            bare = bare and not place
            if place in "ESLUMW" and place:
                return "BIOES"
            if name and name != before:
                begins += place == "B"
                inside += place == "I"
            before = name
    if bare:
        return "IO"
    return "IOB1" if inside > begins else "BIO"


def as_bio(tags: Sequence[str], scheme: Scheme) -> tuple[list[str], int]:
    """(the same spans as BIO, tags that were repaired since they continue or end what has not begun).

    A tag inside that follows nothing of its type begins a span, as seqeval reads it.

    >>> as_bio(["O", "I-a", "I-b"], "BIO"), as_bio(["I-a", "B-a"], "IOB1"), as_bio(["B-a", "E-a", "S-b"], "BIOES")
    ((['O', 'B-a', 'B-b'], 2), (['B-a', 'B-a'], 0), (['B-a', 'I-a', 'B-b'], 0))
    """
    bio, n_repaired = [], 0
    before, is_open = "", False
    for tag in tags:
        place, name = split_tag(tag)
        if not name:
            bio.append(OUTSIDE)
            n_repaired += scheme == "BIOES" and is_open
            before, is_open = "", False
            continue
        follows = name == before and (is_open or scheme != "BIOES")
        starts = place in _BEGINS and bool(place)
        if not starts and not follows:
            n_repaired += scheme in ("BIO", "BIOES")
        if starts and is_open and scheme == "BIOES":
            n_repaired += 1
        bio.append(f"B-{name}" if starts or not follows else f"I-{name}")
        before = name
        is_open = not (scheme == "BIOES" and place in _ENDS)
    return bio, n_repaired + (scheme == "BIOES" and is_open and bool(bio))


def spans_of(tags: Sequence[str]) -> list[Span]:
    """The spans of a BIO sequence; a tag inside that follows nothing of its type begins one.

    >>> spans_of(["B-a", "I-a", "O", "I-b"])
    [Span(start=0, end=2, type='a'), Span(start=3, end=4, type='b')]
    """
    spans: list[Span] = []
    start, name = 0, ""
    for place, tag in enumerate([*tags, OUTSIDE]):
        where, own = split_tag(tag)
        if name and (own != name or where == "B"):
            spans.append(Span(start, place, name))
            name = ""
        if own and not name:
            start, name = place, own
    return spans


def tags_of(spans: Iterable[Span], n_words: int) -> list[str]:
    """The BIO sequence of spans that do not overlap.

    >>> tags_of([Span(1, 3, "a")], 4)
    ['O', 'B-a', 'I-a', 'O']
    """
    tags = [OUTSIDE] * n_words
    for start, end, name in spans:
        tags[start:end] = [f"B-{name}", *[f"I-{name}"] * (end - start - 1)]
    return tags


def tag_names(types: Sequence[str]) -> tuple[str, ...]:
    """All BIO tags of the types: outside, then beginning and inside of each.

    >>> tag_names(["a"])
    ('O', 'B-a', 'I-a')
    """
    return (OUTSIDE, *(f"{place}-{name}" for name in types for place in "BI"))
