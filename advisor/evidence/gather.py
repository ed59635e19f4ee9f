"""Evidence: kept evidence of the same model and budget, or new evidence, measured as the dataset's task measures."""

from __future__ import annotations

import contextlib
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from advisor.core.kinds import TaskName, kind_row
from advisor.core.records import Backbones, Dataset, Evidence, ProbeResult
from advisor.core.stages import times_of
from advisor.data.changes import check_unchanged
from advisor.data.features import load_backbone
from advisor.evidence.answering.measures import ProbedLanguageModel
from advisor.evidence.backbones import AT_HAND, SHARE, compared, no_time, settled
from advisor.evidence.classification import ProbedBackbone
from advisor.evidence.issues import issues_are_whole
from advisor.evidence.multilabel.probes import ProbedLabels
from advisor.evidence.own_prompt import with_own
from advisor.evidence.probed import Keep, ProbedModel, forget
from advisor.evidence.tagging import ProbedTagger
from probes.errors import BackboneError, ProbeError
from probes.progress import Progress, silent, within
from probes.timings import watched

if TYPE_CHECKING:
    from collections.abc import Callable

    from advisor.data.features import Load

#: A budget from which on a first look is taken: it takes a second or two.
GLANCE_BUDGET_SECONDS = 20.0
#: The model that each task probes: by the dataset, the name (None: the default) and how a backbone is loaded.
MODELS: dict[TaskName, Callable[[Dataset, str | None, Load], ProbedModel]] = {
    "classification": ProbedBackbone.of,
    "answering": ProbedLanguageModel.of,
    "multilabel": ProbedLabels.of,
    "tagging": ProbedTagger.of,
}


def gather(
    dataset: Dataset,
    backbone: str | None,
    budget_seconds: float,
    progress: Progress = silent,
    load: Load = load_backbone,
    backbones: str = AT_HAND,
    latency_ms: float | None = None,
    seen: Keep = forget,
) -> Evidence:
    """Measure within about `budget_seconds`; kept evidence of the same dataset, model and budget is returned as it is.

    ``backbone``: the language model's name where questions are answered. Without one, those that ``backbones`` asks for
    (`advisor.evidence.backbones.contenders`) are compared first, in a share of the budget, and the evidence is gathered
    with the one to start from; none that takes longer than ``latency_ms`` a prediction. ``load``: how another is
    loaded, for a caller who needs it afterwards. ``seen``: gets the evidence so far, whenever it has grown. Raises
    BackboneError, DatasetError when files are gone or changed since they were read.
    """
    _drop_so_far(dataset)  # of a measurement that was ended
    with watched() as watch:
        _glance(dataset, backbone, budget_seconds, progress, load, seen)
        found = None if backbone else compared(dataset, backbones, budget_seconds, within(progress, 0.0, SHARE), load)
        if found is not None:
            found = settled(found.trials, found.seconds, latency_ms)
        model = model_of(dataset, found.best if found else backbone, load)
        evidence = kept(dataset, model, budget_seconds)
        measured = None
        if evidence is None:
            check_unchanged(dataset)
            left = budget_seconds - (min(found.seconds, SHARE * budget_seconds) if found else 0.0)
            further = within(progress, SHARE, 1.0) if found else progress
            measured = model.measure(dataset, left, further, partial(_keep_so_far, dataset, found, seen))
    if measured is not None:
        evidence = measured.model_copy(update={"timings": times_of(watch)})
        evidence.save(kept_at(dataset, model, evidence.backbone_hash, budget_seconds))
    assert evidence is not None
    last = Evidence.saved(dataset.files.evidence)
    if found is None and last is not None and last.backbone_hash == evidence.backbone_hash:
        found = last.backbones  # what was compared before still holds
    note = None if backbone or found else no_time(dataset, backbones, budget_seconds)
    evidence = evidence.model_copy(update={"backbones": found, "notes": (*evidence.notes, *([note] if note else []))})
    if last != evidence:  # kept evidence can be used on a disk that is read-only
        evidence.save(dataset.files.evidence)
    _drop_so_far(dataset)
    return evidence


def _drop_so_far(dataset: Dataset) -> None:
    place = dataset.files.evidence_so_far
    if place.exists():  # a disk that is read-only refuses to unlink even what is not there
        place.unlink(missing_ok=True)


def _glance(
    dataset: Dataset, backbone: str | None, budget_seconds: float, progress: Progress, load: Load, seen: Keep
) -> None:
    """A first answer on a few items, before backbones are compared; none where there is evidence to show, or no time.

    What fails here fails again where it matters.
    """
    if budget_seconds < GLANCE_BUDGET_SECONDS or dataset.files.evidence.exists():
        return
    progress("Taking a first look", 0.0)
    with contextlib.suppress(BackboneError, ProbeError):
        model_of(dataset, backbone, load).glance(dataset, partial(_keep_so_far, dataset, None, seen))


def _keep_so_far(dataset: Dataset, found: Backbones | None, seen: Keep, evidence: Evidence) -> None:
    """Keep what is measured so far, where a page that waits can read it."""
    known = evidence.model_copy(update={"backbones": found})
    known.save(dataset.files.evidence_so_far)
    seen(known)


def model_of(dataset: Dataset, name: str | None, load: Load = load_backbone) -> ProbedModel:
    """The model called `name` as this dataset's task probes it, None being the default. Raises BackboneError."""
    return MODELS[kind_row(dataset.kind).task](dataset, name, load)


def kept(dataset: Dataset, model: ProbedModel, budget_seconds: float) -> Evidence | None:
    """The kept evidence of this model and budget; None where there is none, or its table of issues is damaged."""
    places = (kept_at(dataset, model, identity, budget_seconds) for identity in model.identities)
    every = (evidence for place in places if (evidence := Evidence.saved(place)) is not None)
    return next((evidence for evidence in every if issues_are_whole(dataset, evidence)), None)


def kept_at(dataset: Dataset, model: ProbedModel, identity: str, budget_seconds: float) -> Path:
    """Where the evidence of this model, by its identity, and of this budget is kept."""
    return dataset.files.evidence_of(model.name, model.digest(identity), budget_seconds)


def keep_own_prompt(
    dataset: Dataset, backbone: str | None, budget_seconds: float, evidence: Evidence, own: ProbeResult
) -> Evidence:
    """The evidence with the user's own prompt in it, kept in the place of the one without."""
    named = evidence.backbones.best if evidence.backbones is not None else backbone
    place = kept_at(dataset, model_of(dataset, named), evidence.backbone_hash, budget_seconds)
    return with_own(evidence, own, place, dataset.files.evidence)
