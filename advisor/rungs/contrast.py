"""Fine-tuning texts with few labels: the encoder by contrast, then a linear head on the tuned features.

SetFit's two steps (Tunstall et al., 2022, https://arxiv.org/abs/2209.11055) through our loop;
`advisor.rungs.few_labels` decides what is kept.

The head on the tuned features is the usual one: on 600 other training items it was ahead of the recipe that
cross-validated best on the few frozen features by 0.6 points (mean of nine samples of three sets; -0.8 to 2.6).

The cost decides whether it fits into a minute on one core. A step of 32 tweets takes 1.11 s with all blocks in float32;
0.82 s in four parts of similar length without the embeddings, 0.67 s with the top four of six blocks, and 0.40 s in
bfloat16 as well (the frozen parts need no gradient and no optimizer state). The first checkpoint waits until there is
something to lose: three of 270 MB took 8 s of a run of 75.
"""

from __future__ import annotations

import dataclasses
import time
from typing import TYPE_CHECKING, Any

import numpy as np

from advisor.rungs import common
from advisor.rungs.common import Features
from advisor.rungs.context import RunContext
from advisor.rungs.frozen import FrozenFit
from advisor.rungs.trained import CHECKPOINT_SECONDS, some
from advisor.rungs.tuning import Tuned, Tuning, copy_of
from advisor.training import recipes
from advisor.training.contrastive import BalancedSource, Contrastive, Encoder
from advisor.training.few import STEPS
from advisor.training.loop import fit
from advisor.training.modality import modality_of
from advisor.training.network import build
from advisor.training.objectives import autocast
from advisor.training.problem import Problem
from advisor.training.settings import Settings
from advisor.training.sources import logits_of
from probes.device import calibrate_backbone
from probes.heads import USUAL

if TYPE_CHECKING:
    from advisor.data.features import Backbone

#: The fewest steps of a tuning that are worth it; benchmarks/results/2026-11-rungs.md has the values.
LEAST_STEPS = 10
#: Two: each half is tuned on the other, in half the steps, so comparing costs as much as the tuning that is kept.
FOLDS = 2
TIMED_TEXTS, TIMED_STEPS = 32, 2


def resolve(context: RunContext, backbone: Backbone, fallback: FrozenFit, rows: np.ndarray) -> dict[str, Any]:
    """Steps and folds that the time allows, from timed steps; ``n_folds`` 0 where it allows nothing.

    A plan with ``settings["steps"]`` has as many, whatever the clock says.
    """
    settings = recipes.contrastive_settings(context.plan.seed, STEPS)
    planned = {key: context.plan.settings[key] for key in ("learning_rate", "steps") if key in context.plan.settings}
    planned = {key: value for key, value in planned.items() if isinstance(value, (int, float))}  # "race" asks for ours
    settings = dataclasses.replace(settings, autocast=precision_of(context, backbone, rows), **planned)
    speed, reading = speeds(context, backbone, rows, settings)
    seconds = context.seconds_left - common.report_seconds(context, 1 / reading)
    seconds -= (FOLDS + 1) * len(rows) / reading  # every tuning ends with the features of all
    batches = 0.9 * seconds * speed / settings.batch_size
    steps = int(planned["steps"]) if "steps" in planned else min(STEPS, int(batches / FOLDS))
    return {
        "objective": "contrastive",
        **dataclasses.asdict(dataclasses.replace(settings, steps=steps)),
        "n_folds": FOLDS if steps >= LEAST_STEPS or "steps" in planned else 0,
        "items_per_second": round(speed, 2),
        "read_per_second": round(reading, 2),
        "input_size": backbone.input_size,
        "precision": settings.autocast,
    }


def tuned(
    context: RunContext, backbone: Backbone, fallback: FrozenFit, resolved: dict[str, Any], tuning: Tuning
) -> Tuned | None:
    """A copy of the backbone, tuned on the rows inside, with a head on their tuned features; None if it diverged.

    Its length is fixed, so that one that is resumed after a kill ends in the same weights.
    """
    dataset, own = context.dataset, copy_of(backbone)
    problem = problem_of(context, own, tuning.rows[tuning.inside], tuning.rows)
    callbacks = tuning.callbacks(context, resolved, tuning.folder(context), CHECKPOINT_SECONDS)
    callbacks.first_checkpoint_waits = True
    result = fit(problem, tuning.settings(resolved), callbacks)
    if result.best_step < 0:
        return None
    features = result.logits
    learned = Features(tuning.rows[tuning.inside], features[tuning.inside], int(tuning.inside.sum()))
    head = common.fit_linear(dataset, learned, USUAL)
    network = build(own, len(dataset.classes), hold_batch_norm=False, head=head)
    return Tuned(network, own, head.logits(features))


def phrase(resolved: dict[str, Any]) -> str:
    """How it was tuned, as the beginning of a sentence."""
    return f"With few labels the encoder was tuned by contrast in {resolved['steps']} steps of {resolved['batch_size']}"


def precision_of(context: RunContext, backbone: Backbone, rows: np.ndarray) -> str:
    """bfloat16 where torch measured faster in it for the features of these texts, else float32."""
    if context.device != "cpu":
        return recipes.training_precision(context.device)
    texts = context.dataset.items["text"].iloc[some(rows)].tolist()
    measured = calibrate_backbone(backbone, texts).dtype
    return measured if measured == "bfloat16" else "float32"


def speeds(context: RunContext, backbone: Backbone, rows: np.ndarray, settings: Settings) -> tuple[float, float]:
    """Texts a second through a tuning's steps and through a report's reading, from a copy that is then dropped."""
    problem = problem_of(context, copy_of(backbone), rows, np.resize(some(rows), TIMED_TEXTS))
    training = fit(problem, dataclasses.replace(settings, steps=TIMED_STEPS)).items_per_second
    started = time.monotonic()
    logits_of(problem.network, problem.val, autocast=autocast(problem.device, settings.autocast))
    reading = TIMED_TEXTS / max(time.monotonic() - started, 1e-9)
    lengths = problem.val.lengths  # type: ignore[attr-defined]  # of texts
    return training, reading * float(lengths.max() / lengths.mean())  # a report's batches have hardly any padding


def problem_of(context: RunContext, backbone: Backbone, rows: np.ndarray, val_rows: np.ndarray) -> Problem:
    """Contrast among `rows`; it gives the features of `val_rows`."""
    dataset = context.dataset
    labels, modality = dataset.labels[rows], modality_of(dataset.kind)
    return Problem(
        network=build(backbone, len(dataset.classes), hold_batch_norm=False, kind=Encoder),
        train=BalancedSource(modality.source(dataset, rows, backbone), labels),
        val=modality.source(dataset, val_rows, backbone),
        labels_train=labels,
        labels_val=dataset.labels[val_rows],
        n_classes=len(dataset.classes),
        metric=dataset.metric,
        device=backbone.device,
        objective=Contrastive(),
    )
