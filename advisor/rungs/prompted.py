"""Prompting and retrieval carried out by a language model: no weight changes, the model saved is the prompt."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from advisor.core.wording import counted
from advisor.llm import identity
from advisor.llm.asking import TEXT_TOKENS, PromptSetup, shown_rows
from advisor.llm.models import chat_model
from advisor.rungs import common
from advisor.rungs.context import Outcome, RunContext
from advisor.rungs.saved import folder
from advisor.rungs.saved.prompt import STEP, PromptPredictor, packed
from probes.folds import spread_order

if TYPE_CHECKING:
    from advisor.llm.prompt_cache import CachedChatModel

#: What `Plan.settings` says where a language model carries the rung out.
BY = "language model"
#: Items that the report reads however little time there is.
LEAST_REPORTED = 24


def is_prompted(context: RunContext) -> bool:
    """Whether the plan wants a language model to answer."""
    return bool(context.plan.settings.get("by") == BY)


def execute(context: RunContext) -> Outcome:
    """Save the prompt as the model, and score it on as many validation items as a third of the time allows."""
    settings = context.plan.settings
    context.emit("Loading the language model", 0.01)
    ask = PromptSetup.of(settings["ask"])
    model = chat_model(ask.model, context.device, context.stage("Loading the language model", 0.01, 0.1))
    identity.check_planned(model.identity, str(settings.get("identity", "")), model.name)
    encoder = common.open_backbone(context) if ask.nearest else None
    spec, tensors = _described(context, ask, model, encoder)
    arrays = {name: tensor.numpy() for name, tensor in tensors.items()}
    predictor = PromptPredictor(spec, arrays, encoder, context.device)
    value, n, per_item = _validated(context, predictor)
    affordable = int(0.8 * max(0.0, context.seconds_left - common.ENDING_SECONDS) / max(per_item, 1e-6))
    spec["report_items"] = max(LEAST_REPORTED, affordable)
    folder.save(context.directory, spec, tensors)
    common.save_resolved(context, {"rung": context.plan.rung, **spec["prompt"], "language_model": spec["model"]})
    return Outcome(
        rung=context.plan.rung,
        validation={"value": value, "n": float(n)},
        sentences=(_sentence(ask, model, len(tensors.get("labels", ()))),),
        device=context.device,
    )


def _sentence(ask: PromptSetup, model: CachedChatModel, n_memory: int) -> str:
    if ask.nearest:
        nearest = f"{ask.nearest} nearest" if ask.nearest > 1 else "nearest"
        return f"{model.name} reads the {nearest} of {n_memory:,} labelled examples, then answers."
    shown = f"after {counted(len(ask.examples), 'labelled example')}" if ask.examples else "without examples"
    return f"{model.name} answers {shown}; no weights were changed."


def _described(
    context: RunContext, ask: PromptSetup, model: CachedChatModel, encoder: Any
) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """model.json without the report's items, and the tensors beside it."""
    dataset, plan = context.dataset, context.plan
    tensors: dict[str, Tensor] = {}
    if encoder is not None:
        rows = dataset.where("train")
        gathered = common.gather(context, encoder, rows, 0.4 * context.seconds_left, (0.1, 0.5))
        spec = folder.backbone_spec(plan, dataset, encoder, weights="prompt")
        shown = shown_rows(dataset, model, gathered.rows)
        tensors = {
            "memory": torch.from_numpy(np.ascontiguousarray(gathered.array, np.float32)),
            "labels": torch.from_numpy(dataset.labels[gathered.rows].astype(np.int64)),
            **packed([one.text for one in shown]),
        }
    else:
        spec = folder.spec_of(plan, dataset, weights="prompt")
        spec["backbone"] = {"name": model.name, "title": model.name, "source": model.identity, "dim": 0}
        spec["input"] = {"max_tokens": TEXT_TOKENS}
        tensors = {"nothing": torch.zeros(1)}  # a file with a hash, as every model has
    spec["prompt"] = ask.as_dict()
    spec["model"] = {"name": model.name, "identity": model.identity}
    return spec, tensors


def _validated(context: RunContext, predictor: PromptPredictor) -> tuple[float, int, float]:
    """(value, n, seconds per item) on the validation part; seconds of some training texts where there is none."""
    dataset = context.dataset
    rows = common.validation_rows(dataset)
    scored = len(rows) > 0
    rows = rows if scored else dataset.where("train")[:STEP]
    rows = rows[spread_order(dataset.labels[rows])]
    started, limit = time.monotonic(), 0.33 * context.seconds_left
    parts: list[np.ndarray] = []
    tell = context.stage("Asking about the validation part", 0.5, 0.9)
    while len(parts) * STEP < len(rows) and (not parts or time.monotonic() - started < limit):
        tell("", len(parts) * STEP / len(rows))
        parts.append(predictor.predict_rows(dataset, rows[len(parts) * STEP :][:STEP])[0])
    probabilities = np.concatenate(parts)
    n = len(probabilities)
    per_item = (time.monotonic() - started) / n
    per_item = max(per_item, 0.5 * float(context.plan.settings.get("seconds_per_item", 0.0)))  # cached answers cost 0
    value = common.value_of(dataset, rows[:n], probabilities) if scored else 0.0
    return value, n if scored else 0, per_item
