"""Evidence on tagged sentences: what type names, remembered words, a frozen head and a random field reach.

Everything is cross-validated on training sentences, documents whole, within the budget. The locked test part is never
opened; only its size is used.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from advisor.core.records import Dataset, Evidence, ProbeResult
from advisor.data.features import input_size
from advisor.data.tag_set import sentences_of
from advisor.evidence.classification import ProbedBackbone
from advisor.evidence.probed import Keep, forget
from advisor.evidence.sample import related
from probes.progress import Progress, silent, within
from probes.tagging import crf, memory, names
from probes.tagging.head import Crossed, Sample, cross_head, crossed, joins_of, tagged
from probes.tagging.scoring import count_spans, measured_f1
from probes.timings import stage

if TYPE_CHECKING:
    from probes.backbones.text import TextBackbone

#: Shares of the budget for reading sentences, and sentences at least and at most. The heads cost about as much again.
READING_SHARE, LEAST, MOST = 0.3, 60, 2000
#: Sentences that the encoder is timed with, those of type names, and of the random field for each second of budget.
TIMED, NAMED, FIELD_EACH = 16, 200, 12
TITLES = {
    "type names": "Names of the types against words",
    "word memory": "Nearest labelled words and known spans",
    "word head": "Linear head on frozen word states",
    "random field": "Random field on spelling, from scratch",
}


@dataclass(frozen=True)
class ProbedTagger(ProbedBackbone):
    """A text encoder as `advisor.evidence.probed.ProbedModel`, for tagged sentences."""

    def glance(self, dataset: Dataset, keep: Keep) -> None:
        """Nothing: the cheapest measure is seen at once, as part of the whole."""

    def measure(self, dataset: Dataset, budget_seconds: float, progress: Progress, keep: Keep = forget) -> Evidence:
        """Raises BackboneError when the weights cannot be had."""
        from probes import device

        progress("Loading the encoder", 0.02)
        backbone: Any = self.load(self.entry, input_size(dataset, self.entry), device.pick())
        return measure(dataset, backbone, budget_seconds, progress, keep)


def measure(
    dataset: Dataset, backbone: TextBackbone, budget_seconds: float, progress: Progress = silent, keep: Keep = forget
) -> Evidence:
    """Read a sample of the training sentences with the encoder, and cross-validate one way of tagging for each rung."""
    from probes.tagging import windows

    started = time.monotonic()
    rows = np.random.default_rng(0).permutation(dataset.where("train", "val"))
    n_test = len(dataset.where("test"))
    groups = related(dataset)
    layers = joins_of(windows.n_layers(backbone))[-1]
    each = seconds_per_sentence(backbone, sentences_of(dataset, rows[:TIMED]), layers)
    n = int(np.clip(READING_SHARE * budget_seconds / each, LEAST, MOST))
    sample = sentences_of(dataset, rows[:n], groups[rows[:n]])
    results: list[ProbeResult] = []

    def so_far() -> Evidence:
        return Evidence(
            fingerprint=dataset.fingerprint,
            metric=dataset.metric,
            backbone=backbone.entry.reference,
            backbone_hash=backbone.weights_hash,
            device=backbone.device,
            device_reason=f"A sentence takes the encoder {1000 * each:.0f} ms here.",
            input_size=backbone.input_size,
            n_train=len(rows),
            n_sample=len(sample),
            n_test=n_test,
            n_test_per_class=(n_test,),
            results=tuple(results),
            notes=notes(results),
            seconds=time.monotonic() - started,
        )

    progress("Comparing the types' names with words", 0.05)
    with stage("prompts"):
        results.append(by_names(backbone, sample))
    keep(so_far())
    began = time.monotonic()
    with stage("forward"):
        tell = within(progress, 0.15, 0.5)
        states = windows.states_of(backbone, sample.sentences, layers, lambda share: tell("Reading sentences", share))
    reading = time.monotonic() - began
    progress("Training a linear head on the words", 0.5)
    with stage("probes"):
        head = crossed(sample, cross_head(states, sample))
    results.append(result("word head", sample, head, backbone, reading, layers=list(layers), per_sentence=each))
    keep(so_far())
    progress("Comparing words with labelled ones", 0.7)
    with stage("probes"):
        near = crossed(sample, cross_memory(states, sample))
    results.insert(1, result("word memory", sample, near, backbone, reading, layers=list(layers), per_sentence=each))
    keep(so_far())
    progress("Training a random field on spelling", 0.85)
    few = sample.only(np.arange(min(len(sample), max(LEAST, int(FIELD_EACH * budget_seconds)))))
    with stage("tfidf"):
        field = crossed(few, cross_field(few))
    results.append(result("random field", few, field, None, 0.0, per_sentence=1e-3))
    return so_far()


def seconds_per_sentence(backbone: TextBackbone, some: Sample, layers: Sequence[int]) -> float:
    """What a sentence takes the encoder, after a first one that pays for what is set up once."""
    from probes.tagging import windows

    windows.states_of(backbone, some.sentences[:1], layers)
    began = time.monotonic()
    windows.states_of(backbone, some.sentences, layers)
    return max((time.monotonic() - began) / len(some), 1e-4)


def by_names(backbone: TextBackbone, sample: Sample) -> ProbeResult:
    """The types' names alone, on a part of the sample."""
    began = time.monotonic()
    some = sample.only(np.arange(min(len(sample), NAMED)))
    found = names.found(some.sentences, sample.types, backbone.embed)
    counts = count_spans(some.spans(), found, some.types)
    seconds = time.monotonic() - began
    whole = Crossed([], 0.0, counts, seconds, 0)
    return result("type names", some, whole, backbone, 0.0, per_sentence=seconds / len(some))


def result(
    name: str, sample: Sample, answer: Crossed, backbone: TextBackbone | None, reading: float, **settings: Any
) -> ProbeResult:
    """One way of tagging as the evidence keeps it; per sentence what its interval is drawn from."""
    counts = answer.counts
    types = {t: i for i, t in enumerate(sample.types)}
    recalls = {
        t: float(counts.right[:, i].sum() / counts.there[:, i].sum())
        for t, i in types.items()
        if counts.there[:, i].any()
    }
    return ProbeResult(
        name=name,
        title=TITLES[name],
        backbone=backbone.entry.reference if backbone is not None else None,
        measured=measured_f1(counts, answer.seconds + reading, sample.groups),
        settings={
            "hits": counts.hits.tolist(),
            "sizes": counts.sizes.tolist(),
            "groups": sample.groups.tolist(),
            "transition_weight": answer.weight,
            "n_fit": answer.learned_from,
            **settings,
        },
        per_class=recalls,
    )


def cross_memory(states: Sequence[np.ndarray], sample: Sample) -> Callable[[np.ndarray, np.ndarray], list[np.ndarray]]:
    """For `crossed`: the nearest labelled words, and the spans that are known."""

    def score(learn: np.ndarray, say: np.ndarray) -> list[np.ndarray]:
        known = sample.only(learn)
        words = memory.WordMemory.of([states[i] for i in learn], known.tags)
        listed = memory.Gazetteer.of(known.sentences, known.spans())
        n = len(sample.names)
        return [memory.mixed(words.shares(states[i], n), listed.shares(sample.sentences[i], sample.names)) for i in say]

    return score


def cross_field(sample: Sample) -> Callable[[np.ndarray, np.ndarray], list[np.ndarray]]:
    """For `crossed`: the random field, whose own transitions have decided, so that others change nothing."""

    def score(learn: np.ndarray, say: np.ndarray) -> list[np.ndarray]:
        known, asked = sample.only(learn), sample.only(say)
        model = crf.train(known.sentences, known.tags, sample.names)
        found = tagged(model.scores(asked.sentences), model.transitions, sample.names)
        return [
            names.scores_of(spans, len(words), sample.names)
            for spans, words in zip(found, asked.sentences, strict=True)
        ]

    return score


def notes(results: Sequence[ProbeResult]) -> tuple[str, ...]:
    """What is worth knowing of the values."""
    head = next((one for one in results if one.name == "word head"), None)
    if head is None:
        return ()
    return (
        f"Cross-validated: each sentence is tagged by a model that learned from {head.settings['n_fit']:,} others.",
        "No completed task with tagged sentences is in LadderBench yet, so the gain of fine-tuning and its interval "
        "are what is assumed of any task.",
    )
