"""A question answering model as a folder: what it is, a head or an adapter, and everything else by reference.

The language model, the encoder and the documents are named with their hashes and looked up on loading: a run of
retrieval is a page of JSON.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from advisor.core import storage
from advisor.core.errors import BackboneError, StorageError
from advisor.core.workspace import RunFiles
from advisor.data.search_index import Encoder, index_of
from advisor.data.store import open_dataset
from advisor.llm.identity import described, same_model, without_precision
from advisor.llm.models import chat_model
from advisor.rungs.context import RunContext
from advisor.rungs.saved.answering import Answerer, ByHeart, Found, FromPassages, Marking, Method
from advisor.rungs.saved.model import FORMAT, READABLE, SCHEMA, save_model
from advisor.rungs.saved.model import spec_of as shared_spec
from probes.backbones.text import TextBackbone
from probes.chat import ChatModel
from probes.progress import Progress, silent
from probes.qa_prompts import QuestionPrompt
from probes.reader import SpanHead


def spec_of(context: RunContext, head: dict[str, Any]) -> dict[str, Any]:
    """What model.json says. ``head``: "type" (closed book, passages, reader, adapter) and its settings."""
    plan = context.plan
    return {
        **shared_spec(plan, context.dataset, "head"),
        "language_model": {"name": plan.backbone, "identity": without_precision(plan.backbone_hash)},
        "encoder": {"name": Encoder().name},
        "head": head,
    }


def save(context: RunContext, head: dict[str, Any], tensors: dict[str, Tensor] | None = None) -> Answerer:
    """Write the model into the run's folder and give it back as a user will load it."""
    save_model(context.directory, spec_of(context, head), tensors or {})
    return load_answerer(context.directory, context.device)


def load_answerer(directory: Path, device: str = "cpu", progress: Progress = silent) -> Answerer:
    """The answerer in a folder.

    Raises StorageError when it is damaged, DatasetError when its documents are not in this workspace, BackboneError
    when the language model or the encoder is missing or another one.
    """
    spec = storage.read_json(RunFiles(directory).model)
    if spec.get("format") != FORMAT or spec.get("schema_version") not in READABLE:
        raise StorageError(
            f"{directory / 'model.json'} is not a model of schema version {SCHEMA}. Update this program."
        )
    path = RunFiles(directory).weights
    if not path.is_file() or storage.sha256_file(path) != spec["sha256"]:
        raise StorageError(f"{path} is missing or damaged: its SHA-256 is not the recorded one. Copy it again.")
    from safetensors.torch import load_file

    return Answerer(spec, method_of(spec, load_file(path), device, progress))


def method_of(spec: dict[str, Any], tensors: dict[str, Tensor], device: str, progress: Progress) -> Method:
    """How the model of a spec answers."""
    head = spec["head"]
    if head["type"] == "reader":
        return Marking(head_of(head, tensors), encoder_of(spec, device), found_of(spec, progress))
    wording = QuestionPrompt(**head["prompt"])
    if head["type"] == "closed book":
        return ByHeart(language_model_of(spec, device, progress), wording, tuple(head["choices"]))
    model = language_model_of(spec, device, progress)
    if head["type"] == "adapter":
        from advisor.rungs.questions.adapter import adapted

        model = adapted(spec, tensors, device, progress)
    return FromPassages(model, found_of(spec, progress), wording, tuple(head["choices"]))


def found_of(spec: dict[str, Any], progress: Progress) -> Found:
    """The search in the documents that the model was made with, opened from the workspace."""
    dataset = open_dataset(spec["dataset"]["fingerprint"])
    return Found(index_of(dataset, progress), int(spec["head"]["k"]), float(spec["head"]["threshold"]))


def language_model_of(spec: dict[str, Any], device: str, progress: Progress) -> ChatModel:
    """The language model a spec names. Raises BackboneError when the weights here are others."""
    model = chat_model(spec["language_model"]["name"], device, progress)
    check_identity(spec, model.identity)
    return model


def check_identity(spec: dict[str, Any], identity: str) -> None:
    """Raises BackboneError when the language model here is not the one that the spec names."""
    named = spec["language_model"]
    if not same_model(identity, named["identity"]):
        raise BackboneError(
            f"The run answers with {named['name']} ({described(named['identity'])}), and the one here is "
            f"{described(identity)}. Get the same weights, or run it again."
        )


def encoder_of(spec: dict[str, Any], device: str) -> TextBackbone:
    """The encoder a reader's head was trained on. Raises BackboneError when the weights here are others."""
    encoder = Encoder(device)
    if encoder.name != spec["encoder"]["name"]:
        raise BackboneError(
            f"The reader was trained on {spec['encoder']['name'][:40]}, and the encoder here is {encoder.name[:40]}. "
            f"Get the same weights, or train again."
        )
    return encoder.backbone


def head_of(head: dict[str, Any], tensors: dict[str, Tensor]) -> SpanHead:
    """The reader's head from its tensors."""
    arrays = {name: np.asarray(tensor.numpy(), np.float32) for name, tensor in tensors.items()}
    return SpanHead(
        mean=arrays["mean"], scale=arrays["scale"], weight=arrays["weight"], nothing=arrays["nothing"],
        layers=tuple(head["layers"]),
    )  # fmt: skip
