"""From scratch: a conditional random field on the words, their shapes and the pieces of their spelling.

CRFsuite trains it (Okazaki 2007, http://www.chokkan.org/software/crfsuite; L-BFGS with L1 and L2 penalties); its
weights are then taken out of its file into two plain tables, so that a saved model needs no other program and holds no
foreign binary.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from probes.tagging.decoding import NEVER, Transitions, allowed

#: Penalties, and passes of L-BFGS at most.
C1, C2, ITERATIONS = 0.05, 0.05, 100
#: Letters of the beginnings and endings of words.
PIECES = (1, 2, 3, 4)


def shape(word: str) -> str:
    """Capitals, small letters, digits and the rest, repeats once.

    >>> shape("iPhone-12"), shape("U.S.")
    ('xXx-d', 'X.X.')
    """
    kinds = re.sub(r"\d", "d", re.sub(r"[^\W\d_A-Z]", "x", re.sub(r"[A-Z]", "X", word)))
    return re.sub(r"(.)\1+", r"\1", kinds)


def attributes(sentence: Sequence[str]) -> list[list[str]]:
    """What each word shows of itself and its two neighbours on either side."""
    own = [_own(word) for word in sentence]
    rows = []
    for place in range(len(sentence)):
        row = ["bias", *own[place]]
        row += [f"bos{place}"] if place < 2 else []
        row += ["eos"] if place == len(sentence) - 1 else []
        for step in (-2, -1, 1, 2):
            if 0 <= place + step < len(sentence):
                word = sentence[place + step]
                row += [f"{step}:w={word.lower()}", f"{step}:s={shape(word)}"]
        if place > 0:
            row.append(f"-1|0={sentence[place - 1].lower()}|{sentence[place].lower()}")
        if place + 1 < len(sentence):
            row.append(f"0|1={sentence[place].lower()}|{sentence[place + 1].lower()}")
        rows.append(row)
    return rows


def _own(word: str) -> list[str]:
    lower = word.lower()
    row = [f"w={lower}", f"s={shape(word)}", f"n={min(len(word), 12)}"]
    row += [f"p{n}={lower[:n]}" for n in PIECES] + [f"e{n}={lower[-n:]}" for n in PIECES]
    framed = f"^{lower}$"
    return row + [f"g={framed[at : at + 3]}" for at in range(min(len(framed) - 2, 20))]


@dataclass(frozen=True)
class Crf:
    """Weights of attributes and of transitions. Shape: weights (attributes, T), transitions (T, T)."""

    vocabulary: tuple[str, ...]
    weights: np.ndarray
    transitions: Transitions

    def scores(self, sentences: Sequence[Sequence[str]]) -> list[np.ndarray]:
        """The scores of each word's tags, without transitions. Shape: (words, T) each."""
        row_of = {name: row for row, name in enumerate(self.vocabulary)}
        found = []
        for sentence in sentences:
            scores = np.zeros((len(sentence), self.weights.shape[1]))
            for place, names in enumerate(attributes(sentence)):
                rows = [row for name in names if (row := row_of.get(name)) is not None]
                scores[place] = self.weights[rows].sum(axis=0)
            found.append(scores)
        return found


def train(
    sentences: Sequence[Sequence[str]],
    tags: Sequence[np.ndarray],
    names: Sequence[str],
    tick: Callable[[float], None] = lambda share: None,
    iterations: int = ITERATIONS,
) -> Crf:
    """Train on sentences and their tag indices; a tag that does not occur is never given. Shape: tags (words,) each."""
    import pycrfsuite

    trainer = pycrfsuite.Trainer(verbose=False)
    for sentence, own in zip(sentences, tags, strict=True):
        if len(sentence):
            trainer.append(pycrfsuite.ItemSequence(attributes(sentence)), [names[tag] for tag in own])
    trainer.set_params({"c1": C1, "c2": C2, "max_iterations": iterations, "feature.possible_transitions": True})
    tick(0.1)
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "model")
        trainer.train(path)
        tagger = pycrfsuite.Tagger()
        tagger.open(path)
        info = tagger.info()
        tagger.close()
    tick(1.0)
    return _taken_out(info.state_features, info.transitions, names)


def _taken_out(states: dict[tuple[str, str], float], pairs: dict[tuple[str, str], float], names: Sequence[str]) -> Crf:
    """CRFsuite's weights as tables."""
    place = {name: at for at, name in enumerate(names)}
    vocabulary = tuple(sorted({attribute for attribute, _ in states}))
    row_of = {name: row for row, name in enumerate(vocabulary)}
    weights = np.zeros((len(vocabulary), len(names)), dtype=np.float32)
    for (attribute, tag), weight in states.items():
        weights[row_of[attribute], place[tag]] = weight
    rules = allowed(names)
    matrix = rules.matrix.copy()
    for (before, after), weight in pairs.items():
        if matrix[place[before], place[after]] > NEVER:
            matrix[place[before], place[after]] = weight
    known = {tag for _, tag in states}
    absent = np.array([name not in known for name in names])
    matrix[:, absent] = NEVER
    start = np.where(absent, NEVER, rules.start).astype(np.float32)
    return Crf(vocabulary, weights, Transitions(start, matrix))
