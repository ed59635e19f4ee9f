"""How far texts lie from the prose that a language model predicts, on a scale of reference sets; a sentence says where.

The place is the mean of two percentiles, bits per byte and tokens per word, since each can mislead alone: questions in
Russian need 1.9 bits per byte, no more than reviews in English (a Cyrillic letter has two bytes), but 5.8 tokens per
word; tweets have ordinary words and are hard to predict. The scale belongs to the default language model, so no other
is asked. Without that model there is no place, and `missing_note` says what to do.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from advisor.core.records import Dataset, Domain
from advisor.core.records.evidence import Stage
from advisor.evidence import references as kept
from probes.progress import Progress, silent

if TYPE_CHECKING:
    from probes.references import Reference
    from probes.text_domain import TextDistance

FILE = "reference_texts.csv"
#: Leading hex digits of the weights' SHA-256 that the file keeps.
HASH_DIGITS = 12
#: Enough rows that some without words, and some very long ones, do not matter.
N_ROWS = 200


def measure_domain(dataset: Dataset, rows: np.ndarray, progress: Progress = silent) -> Domain | None:
    """The distance of the texts in `rows` (training part) from the pre-training data.

    None where the language model is not here or has no references, or fewer than two texts have words.
    """
    from advisor.llm.models import kept_language_model
    from probes import device
    from probes.errors import BackboneError, ProbeError
    from probes.text_domain import measure_texts

    if missing_note() is not None:
        return None
    chosen = np.random.default_rng(0).permutation(rows)[:N_ROWS]
    texts = dataset.items["text"].iloc[chosen].tolist()
    try:
        model = kept_language_model(device=device.pick(), progress=progress)
        distance = measure_texts(model, texts, progress)
    except (BackboneError, ProbeError):
        return None
    return placed(distance, references(model.weights_hash), model.entry.title)


def missing_note() -> str | None:
    """What to do when the distance of texts cannot be measured here; None when the language model is here."""
    from probes.backbones import catalog
    from probes.backbones.weights import available

    here, why = available(catalog.default("language"))
    return None if here else f"The distance of the texts from the pre-training data was not measured. {why}"


def references(weights_hash: str) -> list[Reference]:
    """The reference sets measured with this language model."""
    from probes.text_domain import SCALES

    rows = [row for row in kept.rows_of(FILE) if row["weights"] == weights_hash[:HASH_DIGITS]]
    known = kept.as_references(rows, SCALES, SCALES)
    return [replace(one, values=one.values | {kept.OVERALL: overall(one.values, known)}) for one in known]


def overall(values: dict[str, float], known: list[Reference]) -> float:
    """The mean over both scales of the percentile among the references."""
    from probes.references import percentile
    from probes.text_domain import SCALES

    return float(np.mean([percentile(values[scale], [r.values[scale] for r in known]) for scale in SCALES]))


def placed(distance: TextDistance, known: list[Reference], model: str) -> Domain | None:
    """The distance on the references' scale: percentiles, neighbours and the sentence; None without references."""
    from probes.references import neighbours, percentile

    if not known:
        return None
    place = overall(distance.values, known)
    nearest = tuple(reference.description for reference in neighbours(place, known, kept.OVERALL))
    return Domain(
        stages=tuple(
            Stage(name=name, value=value, percentile=percentile(value, [r.values[name] for r in known]))
            for name, value in distance.values.items()
        ),
        percentile=place,
        nearest=nearest,
        references=tuple((r.description, r.values[kept.OVERALL]) for r in known),
        sentence=_sentence(distance, place, nearest, model),
        trust=kept.trust(known, "text"),
        n=distance.n,
        seconds=distance.seconds,
    )


def _sentence(distance: TextDistance, place: float, nearest: tuple[str, ...], model: str) -> str:
    """Where the texts lie, and the two numbers that say so."""
    bits, tokens = distance.bits_per_byte, distance.tokens_per_word
    return (
        f"{kept.place(place, nearest)} Prose that the language model predicts well is at 0: {model} needs "
        f"{bits.value:.2f} bits per byte ({bits.low:.2f} to {bits.high:.2f}) and {tokens.value:.1f} tokens per word."
    )
