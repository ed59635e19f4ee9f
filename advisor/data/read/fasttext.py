"""fastText's lines, `__label__good some text`: the labels of a row stand in its text, one or several."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from advisor.data.read.bounds import Budget
from advisor.data.read.cells import cell
from advisor.data.read.names import TEXT_SUFFIX, suffix

PREFIX = "__label__"
#: Endings of such files beside .txt.
ENDINGS = frozenset(["", TEXT_SUFFIX, ".ft", ".fasttext", ".train", ".valid", ".val", ".dev", ".test"])
NOTE = f"Read as fastText lines: the labels are the words that begin with {PREFIX}."
_START_BYTES, _N_SEEN, _MIN_SHARE = 65_536, 50, 0.8
_LABEL = re.compile(rf"(?:^|(?<=\s)){PREFIX}(\S+)")


@dataclass
class Lines:
    """The texts and labels of the lines that are filled, and their numbers in the file, from 1."""

    texts: list[str] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)


def is_fasttext(lines: Iterable[str]) -> bool:
    """Whether most of the first filled lines begin with a label.

    >>> is_fasttext(["__label__a some text", "__label__b more"]), is_fasttext(["text,label", "x,__label__a"])
    (True, False)
    """
    seen = list(islice((line for line in lines if line.strip()), _N_SEEN))
    return bool(seen) and sum(line.lstrip().startswith(PREFIX) for line in seen) >= _MIN_SHARE * len(seen)


def is_fasttext_file(path: Path) -> bool:
    """Whether a file without a table's ending holds such lines."""
    if suffix(path.name) not in ENDINGS:
        return False
    try:
        with path.open("rb") as stream:
            start = stream.read(_START_BYTES)
    except OSError:
        return False
    return is_fasttext(start.decode("utf-8", "replace").splitlines())


def parsed(lines: Iterable[str], budget: Budget) -> Lines:
    """The rows of fastText lines; a row of several labels has them as a JSON list, one of none an empty label."""
    result = Lines()
    for number, line in enumerate((line for line in lines if line.strip()), start=1):
        names = list(dict.fromkeys(filter(None, map(cell, _LABEL.findall(line)))))
        text = cell(" ".join(_LABEL.sub(" ", line).split()).removeprefix(", "))
        budget.take(2 * len(line) + 100)
        result.texts.append(text)
        result.labels.append(json.dumps(names, ensure_ascii=False) if len(names) > 1 else (names or [""])[0])
        result.rows.append(number)
    return result
