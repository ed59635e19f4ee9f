"""Prompting and retrieval carried out by a language model: no weight changes, the model's folder holds the prompt.

``model.json`` keeps the template, the examples, how it is calibrated and which model answers (its weights' SHA-256, or
the endpoint's address; never a key). Nearest examples need the encoder's features of the labelled texts, which lie in
``model.safetensors`` with the texts as UTF-8 bytes.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from advisor.llm import identity
from advisor.llm.asking import NEAREST_ASKED, TEXT_TOKENS, Ask, Shown, shown_rows
from advisor.llm.models import chat_model
from advisor.rungs import common
from advisor.rungs.context import Outcome, RunContext
from advisor.rungs.saved.model import Predictor, base_spec, save_model, spec_of
from probes.folds import spread_order
from probes.progress import Progress, silent

if TYPE_CHECKING:
    from advisor.llm.prompt_cache import Remembering

#: What `Plan.settings` says where a language model carries the rung out.
BY = "language model"
#: Items between two signs of life.
STEP = 8
#: Items that the report reads whatever the time.
LEAST_REPORTED = 24


def is_prompted(context: RunContext) -> bool:
    """Whether the plan wants a language model to answer."""
    return bool(context.plan.settings.get("by") == BY)


def execute(context: RunContext) -> Outcome:
    """Save the prompt as the model, and score it on as much of the validation part as a third of the time allows."""
    settings = context.plan.settings
    context.emit("Loading the language model", 0.01)
    ask = Ask.of(settings["ask"])
    model = chat_model(ask.model, context.device, context.stage("Loading the language model", 0.01, 0.1))
    identity.check_planned(model.identity, str(settings.get("identity", "")), model.name)
    encoder = common.open_backbone(context) if ask.nearest else None
    spec, tensors = _described(context, ask, model, encoder)
    arrays = {name: tensor.numpy() for name, tensor in tensors.items()}
    predictor = PromptPredictor(spec, arrays, encoder, context.device)
    value, n, per_item = _validated(context, predictor)
    allowed = int(0.8 * max(0.0, context.seconds_left - common.ENDING_SECONDS) / max(per_item, 1e-6))
    spec["report_items"] = max(LEAST_REPORTED, allowed)
    save_model(context.directory, spec, tensors)
    common.save_resolved(context, {"rung": context.plan.rung, **spec["prompt"], "language_model": spec["model"]})
    return Outcome(
        rung=context.plan.rung,
        validation={"value": value, "n": float(n)},
        sentences=(_sentence(ask, model, len(tensors.get("labels", ()))),),
        device=context.device,
    )


def _sentence(ask: Ask, model: Remembering, n_memory: int) -> str:
    if ask.nearest:
        return f"{model.name} reads the {ask.nearest} nearest of {n_memory:,} labelled examples, and then answers."
    shown = f"after {len(ask.examples)} labelled examples" if ask.examples else "without an example"
    return f"{model.name} answers {shown}; no weight was changed."


def _described(
    context: RunContext, ask: Ask, model: Remembering, encoder: Any
) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """model.json without the report's items, and the tensors beside it."""
    dataset, plan = context.dataset, context.plan
    tensors: dict[str, Tensor] = {}
    if encoder is not None:
        rows = dataset.where("train")
        gathered = common.gather(context, encoder, rows, 0.4 * context.seconds_left, (0.1, 0.5))
        spec = base_spec(plan, dataset, encoder, weights="prompt")
        shown = shown_rows(dataset, model, gathered.rows)
        tensors = {
            "memory": torch.from_numpy(np.ascontiguousarray(gathered.array, np.float32)),
            "labels": torch.from_numpy(dataset.labels[gathered.rows].astype(np.int64)),
            **packed([one.text for one in shown]),
        }
    else:
        spec = spec_of(plan, dataset, weights="prompt")
        spec["backbone"] = {"name": model.name, "title": model.name, "source": model.identity, "dim": 0}
        spec["input"] = {"max_tokens": TEXT_TOKENS}
        tensors = {"nothing": torch.zeros(1)}  # a file with a hash, as every model has
    spec["prompt"] = ask.as_dict()
    spec["model"] = {"name": model.name, "identity": model.identity}
    return spec, tensors


def _validated(context: RunContext, predictor: PromptPredictor) -> tuple[float, int, float]:
    """(value, n, seconds per item) on the validation part, or on training texts where there is none."""
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
    found = np.concatenate(parts)
    per_item = (time.monotonic() - started) / len(found)
    seen = max(per_item, 0.5 * float(context.plan.settings.get("seconds_per_item", 0.0)))  # remembered answers cost 0
    value = common.value_of(dataset, rows[: len(found)], found) if scored else 0.0
    return value, len(found) if scored else 0, seen


class PromptPredictor(Predictor):
    """A language model behind a prompt. ``report_items``: of the test part, as many as the run's time allowed."""

    def __init__(
        self, spec: dict[str, Any], arrays: dict[str, np.ndarray], encoder: Any = None, device: str = "cpu"
    ) -> None:
        super().__init__(spec, encoder, lambda features: features)
        self.ask, self.arrays, self.device = Ask.of(spec["prompt"]), arrays, device
        self._model: Remembering | None = None

    @property
    def model(self) -> Remembering:
        """The language model. Raises BackboneError or RunError when it is not here, or not the same."""
        if self._model is None:
            model = chat_model(self.ask.model, self.device)
            identity.check_planned(model.identity, self.spec["model"]["identity"], model.name)
            self._model = model
        return self._model

    @property
    def report_items(self) -> int | None:
        """How many items a report may read; None for all."""
        return self.spec.get("report_items")

    def _of_texts(self, texts: list[str], progress: Progress = silent) -> np.ndarray:
        near = self._near(texts) if self.ask.nearest else None
        parts = []
        for start in range(0, len(texts), STEP):
            progress("Asking the language model", start / len(texts))
            some = slice(start, start + STEP)
            found = self.ask.scores(self.model, texts[some], near[some] if near is not None else None)
            parts.append(np.exp(found.calibrated))
        return np.concatenate(parts).astype(np.float32)

    def _near(self, texts: list[str]) -> list[list[Shown]]:
        """Each text's nearest labelled examples, the nearest first."""
        from advisor.training.sources import TextSource, logits_of
        from probes.neighbours import nearest_of

        features = logits_of(self.backbone.module, TextSource(texts, self.backbone))
        near = nearest_of(features, self.arrays["memory"], min(NEAREST_ASKED, len(self.arrays["labels"])))
        held, labels = unpacked(self.arrays), self.arrays["labels"]
        return [[Shown(held(int(row)), int(labels[row])) for row in rows] for rows in near]


def packed(texts: list[str]) -> dict[str, Tensor]:
    """Texts as bytes one behind another, and where each ends."""
    parts = [text.encode("utf-8", "replace") for text in texts]
    content = np.frombuffer(b"".join(parts) or b" ", dtype=np.uint8).copy()
    ends = np.cumsum([len(part) for part in parts])
    return {"texts": torch.from_numpy(content), "ends": torch.from_numpy(ends.astype(np.int64))}


def unpacked(arrays: dict[str, np.ndarray]) -> Any:
    """The text of a row, out of what `packed` made."""
    content, ends = arrays["texts"].tobytes(), arrays["ends"]
    return lambda row: content[int(ends[row - 1]) if row else 0 : int(ends[row])].decode("utf-8", "replace")
