"""Real tagged sentences that every machine has: lines of documented parameters, with names and types marked."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

Tagged = list[tuple[list[str], list[str]]]
_LINE = re.compile(r"^(\w+) : (.{3,60})$")
_WORD = re.compile(r"\w+|[^\w\s]")
_TYPES = frozenset("int float str bool array_like ndarray callable dtype tuple list dict object scalar".split())


def parameters(n: int) -> Tagged:
    """(words, tags) of up to `n` different lines such as ``axis : int, optional`` in SciPy's documentation."""
    import scipy.stats

    lines: dict[str, None] = {}
    for name in sorted(dir(scipy.stats)):
        for line in (inspect.getdoc(getattr(scipy.stats, name)) or "").splitlines():
            if match := _LINE.match(line.strip()):
                lines[match[0]] = None
    found = []
    for line in list(lines)[:n]:
        words = _WORD.findall(line)
        types = ["B-type" if word in _TYPES else "O" for word in words[1:]]
        found.append((words, ["B-name", *types]))
    return found


def as_conll(sentences: Tagged) -> str:
    """Words and tags in columns."""
    return "\n\n".join("\n".join(f"{w} {t}" for w, t in zip(*one, strict=True)) for one in sentences) + "\n"


def written(path: Path, sentences: Tagged) -> Path:
    """A CoNLL file of the sentences."""
    path.write_text(as_conll(sentences), encoding="utf-8")
    return path
