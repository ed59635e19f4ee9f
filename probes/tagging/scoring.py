"""Entity F1: a span counts when its words and its type are exactly right, as in seqeval and CoNLL's `conlleval`.

F1 = 2 TP / (spans predicted + spans there), summed over all sentences and types (micro). Tjong Kim Sang and De Meulder,
"Introduction to the CoNLL-2003 Shared Task", CoNLL 2003, https://aclanthology.org/W03-0419. The interval draws
sentences, or what belongs together, with the Bayesian bootstrap of `probes.bootstrap`: spans of one sentence are right
or wrong together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from probes.errors import ProbeError
from probes.interval import DRAWS, around, measured_from
from probes.measured import Measured, Provenance
from probes.tagging.schemes import Span

#: Draws are made in blocks of so many sentences' weights, to bound memory.
BLOCK = 500


@dataclass(frozen=True)
class SpanCounts:
    """Per sentence and type: spans found exactly, spans predicted, spans there. Shape: each (n, types) int64."""

    right: np.ndarray
    predicted: np.ndarray
    there: np.ndarray

    @property
    def sizes(self) -> np.ndarray:
        """Spans predicted and spans there, of all types. Shape: (n,)."""
        sizes: np.ndarray = (self.predicted + self.there).sum(axis=1)
        return sizes

    @property
    def hits(self) -> np.ndarray:
        """Twice the spans found, of all types. Shape: (n,)."""
        hits: np.ndarray = 2 * self.right.sum(axis=1)
        return hits

    @property
    def f1(self) -> float:
        """Over all sentences and types; 0 where there is no span at all."""
        return ratio(self.hits, self.sizes)


def ratio(hits: np.ndarray, sizes: np.ndarray) -> float:
    """F1 of counts per sentence. Shape: (n,), (n,)."""
    total = float(sizes.sum())
    return float(hits.sum()) / total if total else 0.0


def count_spans(
    truth: Sequence[Sequence[Span]], predicted: Sequence[Sequence[Span]], types: Sequence[str]
) -> SpanCounts:
    """Count spans of each sentence by type; types that are not in `types` count as wrong of none."""
    place = {name: at for at, name in enumerate(types)}
    tables = np.zeros((3, len(truth), len(types)), dtype=np.int64)
    for row, (there, found) in enumerate(zip(truth, predicted, strict=True)):
        for which, spans in enumerate((set(there) & set(found), found, there)):
            for span in spans:
                if span.type in place:
                    tables[which, row, place[span.type]] += 1
    return SpanCounts(*tables)


def draws_of(
    hits: np.ndarray, sizes: np.ndarray, groups: Sequence[object] | np.ndarray | None = None, seed: int = 0
) -> np.ndarray:
    """Draws of the true F1. Half a span right and half a span wrong are added, as for shares. Shape: (n,) to (DRAWS,).

    Raises ProbeError when there are no sentences.
    """
    if not len(sizes):
        raise ProbeError("There are no sentences to score. Give the dataset more, or another split.")
    units = np.arange(len(sizes)) if groups is None else np.unique(np.asarray(groups), return_inverse=True)[1]
    totals, whole = np.bincount(units, weights=hits), np.bincount(units, weights=sizes)
    kept = whole > 0  # a sentence without spans, there or predicted, changes nothing
    totals, whole = totals[kept], whole[kept]
    rng = np.random.default_rng(seed)
    above, below = rng.gamma(0.5, size=DRAWS), rng.gamma(0.5, size=DRAWS)
    below += above
    for start in range(0, len(whole), BLOCK):
        weights = rng.standard_exponential((DRAWS, len(whole[start : start + BLOCK])))
        above += weights @ totals[start : start + BLOCK]
        below += weights @ whole[start : start + BLOCK]
    drawn: np.ndarray = np.minimum(above / below, 1.0)
    return drawn


def measured_f1(
    counts: SpanCounts,
    seconds: float,
    groups: Sequence[object] | np.ndarray | None = None,
    provenance: Provenance = "measured",
    note: str = "",
) -> Measured:
    """Entity F1 with its 90 % interval; n counts sentences. groups: (n,), what is right or wrong together."""
    draws = draws_of(counts.hits, counts.sizes, groups)
    return measured_from(counts.f1, draws, len(counts.there), seconds, provenance=provenance, note=note)


def predictive_f1(
    hits: np.ndarray,
    sizes: np.ndarray,
    n_test: int,
    groups: Sequence[object] | np.ndarray | None = None,
    shift: float = 0.0,
    spread: float = 0.0,
) -> tuple[float, float, float]:
    """(value, low, high): the F1 expected on a test part of `n_test` sentences, at level 0.90.

    ``shift`` is added, with standard deviation ``spread``; the test part scatters as the sentences measured do.
    """
    rng = np.random.default_rng(1)
    draws = draws_of(hits, sizes, groups)
    own = float(np.std(draws)) * np.sqrt(len(sizes) / max(n_test, 1))
    value = float(np.clip(ratio(hits, sizes) + shift, 0, 1))
    noise = rng.normal(size=DRAWS) * np.hypot(own, spread)
    return value, *around(value, np.clip(draws + shift + noise, 0, 1))


def per_type(
    counts: SpanCounts, types: Sequence[str], groups: Sequence[object] | np.ndarray | None = None
) -> list[dict[str, float | int | str | None]]:
    """Precision, recall and F1 with its 90 % interval of every type; None where nothing was there to divide by."""
    rows: list[dict[str, float | int | str | None]] = []
    for place, name in enumerate(types):
        right, predicted, there = (table[:, place] for table in (counts.right, counts.predicted, counts.there))
        sizes = predicted + there
        low = high = None
        if sizes.any():
            low, high = around(ratio(2 * right, sizes), draws_of(2 * right, sizes, groups))
        rows.append(
            {
                "class": name,
                "precision": float(right.sum() / predicted.sum()) if predicted.any() else None,
                "recall": float(right.sum() / there.sum()) if there.any() else None,
                "f1": ratio(2 * right, sizes) if sizes.any() else None,
                "f1_low": low,
                "f1_high": high,
                "n": int(there.sum()),
            }
        )
    return rows
