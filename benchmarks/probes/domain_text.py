"""The distance of texts from the pre-training data: does it predict the gain from fine-tuning, is it steady, its cost?

Also the language model's layers, probed on two sets.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator

import numpy as np

from advisor.core.records import Dataset
from advisor.evidence import references as kept
from advisor.evidence.domain_texts import placed, references
from advisor.evidence.sample import related, stratified
from advisor.llm.models import load_language_model
from benchmarks import sets
from benchmarks.figures import Figure
from benchmarks.probes.language_layers import hidden_states
from probes.backbones.language import LanguageModel
from probes.layers import LayerProbes, probe_layers
from probes.references import Reference, rank_correlation
from probes.text_domain import BUDGET_TOKENS, N_TEXTS, SCALES, TextDistance, measure_texts

STEADY_SETS = ("bbc_news", "trec6", "sst2", "sms_spam")
#: Sets whose layers are probed, the texts of each, the tokens read of a text, the texts read at once, and the seconds.
LAYER_SETS = ("trec6", "sst2")
N_LAYERED, LAYERED_TOKENS, STEP, LAYER_SECONDS = 200, 96, 32, 20.0


def figures() -> Iterator[Figure]:
    """Trust, steadiness and seconds, order of words, layers."""
    model = load_language_model()
    known = references(model.weights_hash)
    yield from worth(known)
    yield from steadiness(model, known)
    yield from word_order(model)
    yield from layers(model)


def worth(known: list[Reference]) -> Iterator[Figure]:
    """Rank correlation of each scale with the gain from fine-tuning over the sets that have both."""
    gains = kept.gains("text")
    both = [reference for reference in known if reference.name in gains]
    if len(both) < 4:
        return
    for scale in (kept.OVERALL, *SCALES):
        found = rank_correlation([r.values[scale] for r in both], [gains[r.name] for r in both])
        how = f"{len(both)} text sets, 90 % interval {found.low:.2f} to {found.high:.2f}; gains of data/gains.csv"
        name = f"texts: {'place' if scale == kept.OVERALL else scale} against the gain from fine-tuning"
        yield Figure("domain", name, found.value, "rank correlation", "none", (), how)


def steadiness(model: LanguageModel, known: list[Reference]) -> Iterator[Figure]:
    """How far the place moves between two disjoint samples of one set, and what one measurement costs."""
    moved, seconds = [], []
    for name in STEADY_SETS:
        pair = [_measured(model, name, half) for half in range(2)]
        seconds += [found.seconds for found in pair]
        places = [_place(found, known) for found in pair]
        moved.append(abs(places[0] - places[1]))
    how = f"{', '.join(STEADY_SETS)}: two disjoint samples of {N_TEXTS} texts; largest {max(moved):.0f}"
    yield Figure(
        "domain",
        "texts: the place moves between samples",
        statistics.median(moved),
        "percentile points",
        "none",
        (),
        how,
    )
    how = f"the same, at most {N_TEXTS} texts of 96 tokens and {BUDGET_TOKENS:,} tokens in all, {model.entry.title}"
    yield Figure("domain", "texts: seconds of one measurement", statistics.median(seconds), "s", "none", (), how)


def word_order(model: LanguageModel) -> Iterator[Figure]:
    """Bits per byte of news with shuffled words over those of the same news: the model reads sentences, not words."""
    texts = _texts("bbc_news", 0)[:12]
    rng = np.random.default_rng(0)
    shuffled = [" ".join(rng.permutation(text[:400].split())) for text in texts]
    bits = [measure_texts(model, t).bits_per_byte.value for t in ([text[:400] for text in texts], shuffled)]
    how = f"12 texts of bbc_news: {bits[0]:.2f} as written, {bits[1]:.2f} with their words shuffled"
    yield Figure("domain", "texts: bits per byte, shuffled over written", bits[1] / bits[0], "times", "none", (), how)


def layers(model: LanguageModel) -> Iterator[Figure]:
    """The language model's best layer against its last."""
    for name in LAYER_SETS:
        started = time.monotonic()
        probed = probed_layers(sets.dataset(name), model)
        values = [layer.probe.measured.value for layer in probed.layers]
        best = probed.layers[probed.top]
        how = (
            f"{name}, {best.probe.measured.n} texts: {best.name} {values[probed.top]:.3f}, last {values[-1]:.3f}, "
            f"first {values[0]:.3f}; shallowest within noise: {probed.layers[probed.cut].name}; "
            f"{time.monotonic() - started:.0f} s"
        )
        ahead = 100 * (values[probed.top] - values[-1])
        yield Figure("domain", f"language model's best layer over its last, {name}", ahead, "points", "none", (), how)


def probed_layers(dataset: Dataset, model: LanguageModel, n_texts: int = N_LAYERED) -> LayerProbes:
    """Every layer, averaged over a text's tokens, probed on a stratified part of the training texts."""
    rows = dataset.where("train", "val")
    rows = stratified(rows, dataset.labels[rows], n_texts)
    texts = dataset.items["text"].iloc[rows].tolist()
    steps = [hidden_states(model, texts[start : start + STEP], LAYERED_TOKENS) for start in range(0, len(texts), STEP)]
    features = [(layer[0][0], np.concatenate([states for _, states in layer])) for layer in zip(*steps, strict=True)]
    return probe_layers(
        features, dataset.labels[rows], dataset.metric, related(dataset)[rows], len(dataset.classes), LAYER_SECONDS
    )


def _measured(model: LanguageModel, name: str, half: int) -> TextDistance:
    return measure_texts(model, _texts(name, half))


def _texts(name: str, half: int) -> list[str]:
    """One of two disjoint halves of a set's training part, in random order."""
    dataset = sets.dataset(name)
    rows = np.random.default_rng(1).permutation(dataset.where("train", "val"))[half::2]
    texts: list[str] = dataset.items["text"].iloc[rows[: 2 * N_TEXTS]].tolist()
    return texts


def _place(found: TextDistance, known: list[Reference]) -> float:
    domain = placed(found, known, "")
    return domain.percentile if domain else 50.0
