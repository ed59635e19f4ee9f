"""Evidence on items with several labels: the probes of the cheap rungs, layers, the learning curve, missing labels.

As `advisor.evidence.classification`, the locked test part is never opened, and the thresholds of each fold's items are
chosen on the other folds.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from advisor.core.kinds import kind_row
from advisor.core.records import Dataset, Evidence, Finding, Layers, ProbeResult
from advisor.core.records.evidence import Layer
from advisor.core.wording import counted
from advisor.data.class_names import Names, embed_names, knows_names, namer
from advisor.data.features import features_of
from advisor.evidence.classification import ProbedBackbone, evidence_so_far
from advisor.evidence.instruments import DOMAIN_BUDGET_SECONDS, JOINED_SHARE, LAYERS_SHARE, NO_DOMAIN
from advisor.evidence.layers import layer_features
from advisor.evidence.modality_probes import probes_of
from advisor.evidence.multilabel.curve import measure_curve
from advisor.evidence.multilabel.issues import measure_issues
from advisor.evidence.multilabel.layers import JOIN_ITEMS, BestJoin, best_join
from advisor.evidence.opening import opened
from advisor.evidence.probed import Keep, forget
from advisor.evidence.sample import Sample, sample_size, sampled
from probes.errors import BackboneError, ProbeError
from probes.measured import Measured
from probes.progress import Progress, within
from probes.timings import stage

if TYPE_CHECKING:
    from advisor.data.features import Backbone
    from probes.device import Calibration
    from probes.multilabel.linear import LabelsProbe

NO_PROMPTS = (
    "Prompting a language model was not measured: it answers with one class, and here an item may have several labels."
)
#: Share of the budget for TF-IDF.
WORDS_SHARE = 0.15


@dataclass(frozen=True)
class ProbedLabels(ProbedBackbone):
    """A backbone as `advisor.evidence.probed.ProbedModel`, for items with several labels."""

    def glance(self, dataset: Dataset, keep: Keep) -> None:
        """Nothing: the whole measurement comes soon enough."""

    def measure(self, dataset: Dataset, budget_seconds: float, progress: Progress, keep: Keep = forget) -> Evidence:
        """Raises BackboneError when the weights cannot be had."""
        started = time.monotonic()
        progress("Loading the backbone and timing this device", 0.02)
        backbone, calibration = opened(dataset, self.entry, self.load)
        n_all = len(dataset.where("train", "val"))
        size = min(n_all, sample_size(calibration, budget_seconds))
        sample = sampled(dataset, backbone, calibration, size, within(progress, 0.05, 0.4))
        notes = []
        if len(sample.rows) + sample.n_unreadable < n_all:
            notes.append(
                f"The probes used {len(sample.rows):,} of {counted(n_all, 'training item')}, some of every label: the "
                f"budget pays for no more."
            )

        def so_far(results: Sequence[ProbeResult], fields: dict[str, Any], remarks: Sequence[str] = ()) -> Evidence:
            known = evidence_so_far(dataset, backbone, calibration, sample, results, (*notes, *remarks), started)
            return known.model_copy(update=fields)

        progress("Letting the nearest examples vote", 0.4)
        results = [every_label(dataset, sample), nearest(dataset, backbone, sample)]
        keep(so_far(results, {}))
        remarks: list[str] = []
        progress("Trying the label names alone", 0.45)
        try:
            results.insert(1, by_name(dataset, backbone, sample))
        except BackboneError as error:  # the encoder of the names is not here; everything else can be measured
            remarks.append(f"Label names alone were not measured. {error}")
        progress("Training a linear probe", 0.5)
        answer, probe = linear(dataset, backbone, calibration, sample)
        results.append(answer)
        keep(so_far(results, {}, remarks))
        if kind_row(dataset.kind).modality == "text":
            progress("Training TF-IDF with a linear model", 0.56)
            results.append(words(dataset, sample, WORDS_SHARE * budget_seconds))
        fields: dict[str, Any] = {}
        progress("Measuring how much more data would help", 0.62)
        fields["curve"] = measure_curve(dataset, sample, probe.recipe)
        progress("Looking for missing labels", 0.68)
        fields["findings"] = issues(dataset, sample, probe, backbone)
        keep(so_far(results, fields, remarks))
        progress("Comparing layers", 0.74)
        found = compare_layers(dataset, backbone, calibration, sample, (LAYERS_SHARE + JOINED_SHARE) * budget_seconds)
        if found is not None:
            fields["depths"] = found[0]
            results += [found[1]] if found[1] is not None else []
        remarks.append(NO_PROMPTS)
        if budget_seconds >= DOMAIN_BUDGET_SECONDS:
            fields["domain"], unplaced = probes_of(dataset).domain(
                dataset, backbone, sample.rows, calibration, within(progress, 0.9, 1.0)
            )
            remarks += [unplaced] if unplaced else []
        else:
            remarks.append(NO_DOMAIN)
        return so_far(results, fields, remarks)


@stage("majority")
def every_label(dataset: Dataset, sample: Sample) -> ProbeResult:
    """What giving every item every label reaches: more than giving it none, or only the commonest ones."""
    from probes.multilabel.scores import measured_f1

    started = time.monotonic()
    truth = dataset.targets[sample.rows]
    said = np.ones(truth.shape, dtype=bool)
    measured = measured_f1(truth, said, time.monotonic() - started)
    return result(dataset, sample, "majority", "Always every label", measured, said)


@stage("class names")
def by_name(dataset: Dataset, backbone: Backbone, sample: Sample) -> ProbeResult:
    """How near an item is to each label's name. Labelled items only say how near is near enough."""
    from probes.folds import assign_folds
    from probes.multilabel.linear import platt, sigmoid
    from probes.multilabel.scores import cross_fitted, measured_f1

    started = time.monotonic()
    own = backbone
    features = sample.features
    if not knows_names(own):
        own = namer(dataset, own)
        features = np.asarray(features_of(dataset, sample.rows, own).array)
    names = embed_names(dataset.classes, own)
    scores = _name_scores(own, names, features)
    truth, fold_of = dataset.targets[sample.rows], assign_folds(sample.labels, sample.groups)
    probability = np.zeros(truth.shape, dtype=np.float32)
    for fold in np.unique(fold_of):
        inside = fold_of == fold
        slopes, shifts = platt(scores[~inside], truth[~inside])
        probability[inside] = sigmoid(scores[inside] * slopes + shifts)
    said = cross_fitted(truth, probability, fold_of)
    measured = measured_f1(truth, said, time.monotonic() - started)
    method = "Label names matched to ImageNet's (ConSE)" if names.imagenet is not None else (
        f"Label names embedded by {names.encoder}"
    )  # fmt: skip
    return result(dataset, sample, "zero-shot", "Label names alone", measured, said, backbone, method=method)


def _name_scores(backbone: Any, names: Names, features: np.ndarray) -> np.ndarray:
    from probes.zero_shot import conse, nearest_names

    if names.imagenet is None:
        return nearest_names(features, names.classes)
    return conse(backbone.source_probabilities(features), names.imagenet, names.classes)


@stage("knn")
def nearest(dataset: Dataset, backbone: Backbone, sample: Sample) -> ProbeResult:
    """The nearest labelled examples vote on each label, leave-one-out."""
    from probes.multilabel.neighbours import labels_knn

    vote = labels_knn(sample.features, dataset.targets[sample.rows], sample.labels, sample.groups)
    return result(
        dataset, sample, "knn", "Nearest labelled examples", vote.measured, vote.predicted, backbone, k=vote.k,
        n_fit=len(sample.rows),
    )  # fmt: skip


@stage("linear")
def linear(
    dataset: Dataset, backbone: Backbone, calibration: Calibration, sample: Sample
) -> tuple[ProbeResult, LabelsProbe]:
    """A linear probe of all labels, cross-validated; also all that it measured."""
    from probes.multilabel.linear import labels_probe

    probe = labels_probe(sample.features, dataset.targets[sample.rows], sample.labels, sample.groups)
    answer = result(
        dataset, sample, "linear", "Linear probe on frozen features", probe.measured, probe.predicted, backbone,
        **probe.recipe.settings, n_fit=probe.n_fit, seconds_per_item=calibration.seconds_per_item,
    )  # fmt: skip
    return answer, probe


@stage("tfidf")
def words(dataset: Dataset, sample: Sample, seconds: float) -> ProbeResult:
    """TF-IDF with a linear model for each label: the honest cheap baseline for texts."""
    from probes.baselines import CHARACTERS_PER_SECOND
    from probes.multilabel.words import FOLDS, labels_words

    texts = dataset.items["text"].iloc[sample.rows].tolist()
    per_text = max(sum(map(len, texts)) / len(texts), 1.0) / CHARACTERS_PER_SECOND
    most = max(200, int(seconds / (FOLDS * per_text)))
    probe = labels_words(texts, dataset.targets[sample.rows], sample.labels, sample.groups, most)
    title = "TF-IDF with a linear model"
    return result(dataset, sample, "tfidf", title, probe.measured, probe.predicted, n_fit=probe.n_fit)


@stage("issues")
def issues(dataset: Dataset, sample: Sample, probe: LabelsProbe, backbone: Backbone) -> tuple[Finding, ...]:
    """Missing labels, outliers and look-alikes."""
    return measure_issues(dataset, sample, probe.probability, backbone.weights_hash)


@stage("joined")
def compare_layers(
    dataset: Dataset, backbone: Backbone, calibration: Calibration, sample: Sample, seconds: float
) -> tuple[Layers | None, ProbeResult | None] | None:
    """The probe of every layer, and that of the best join where it beats the last features; None where none can be."""
    from probes.hooks import LAST

    started = time.monotonic()
    features = layer_features(dataset, backbone, calibration, sample, JOIN_ITEMS)
    if features is None:
        return None
    part = features.part
    try:
        best = best_join(features.by_layer, dataset.targets[part.rows], part.labels, part.groups, seconds)
    except ProbeError:
        return None
    layers = _layers(best, features.by_layer, time.monotonic() - started)
    if best.layers == (LAST,):
        return layers, None
    probe = best.probe
    compared = part.part(best.rows)
    measured = probe.measured.model_copy(update={"seconds": time.monotonic() - started})
    joined = result(
        dataset, compared, "joined", "Linear probe on joined layers", measured, probe.predicted, backbone,
        **probe.recipe.settings, depths=list(best.layers), n_fit=probe.n_fit,
    )  # fmt: skip
    return layers, joined


def _layers(best: BestJoin, parts: dict[str, np.ndarray], seconds: float) -> Layers | None:
    if len(best.each) < 2:
        return None
    names = list(best.each)
    depths = tuple(
        Layer(name=name, position=i / (len(names) - 1), dim=parts[name].shape[1], measured=best.each[name].measured)
        for i, name in enumerate(names)
    )
    top = max(depths, key=lambda layer: layer.measured.value)
    sentence = (
        f"The highest macro F1, {100 * top.measured.value:.1f} %, is reached at {top.name}; the last features reach "
        f"{100 * depths[-1].measured.value:.1f} % ({depths[-1].measured.n:,} items)."
    )
    return Layers(depths=depths, best=top.name, top=top.name, sentence=sentence, seconds=seconds)


def result(
    dataset: Dataset,
    sample: Sample,
    name: str,
    title: str,
    measured: Measured,
    said: np.ndarray,
    backbone: Backbone | None = None,
    **settings: Any,
) -> ProbeResult:
    """A probe's result with the F1 of each label. Shape: said (n, L) bool."""
    from probes.multilabel.scores import f1_scores

    each = f1_scores(dataset.targets[sample.rows], said)
    return ProbeResult(
        name=name,
        title=title,
        backbone=backbone.entry.name if backbone else None,
        measured=measured,
        settings=settings,
        per_class={label: float(each[c]) for c, label in enumerate(dataset.classes) if not np.isnan(each[c])},
    )
