"""A question answering model from its folder: a head or an adapter, and everything else by reference.

The language model, the encoder and the documents are named with their hashes and looked up on loading: a run of
retrieval is a page of JSON.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from torch import Tensor

from advisor.core.errors import BackboneError
from advisor.data.search_index import Encoder, index_of
from advisor.data.store import open_dataset
from advisor.llm.identity import check_saved
from advisor.llm.models import chat_model, load_language_model
from advisor.rungs.saved import adapter
from advisor.rungs.saved.answering import Answerer, ClosedBook, FromPassages, Marking, Search
from probes.chat import ChatModel
from probes.qa_prompts import QuestionPrompt
from probes.reader import SpanHead


def load_closed_book(spec: dict[str, Any], tensors: dict[str, Tensor], device: str) -> Answerer:
    """The language model alone. Raises BackboneError when it is missing or another one."""
    return Answerer(spec, ClosedBook(_language_model(spec, device), **_prompt(spec)))


def load_passages(spec: dict[str, Any], tensors: dict[str, Tensor], device: str) -> Answerer:
    """The language model with the passages found; also raises DatasetError without the documents."""
    return Answerer(spec, FromPassages(_language_model(spec, device), _search(spec), **_prompt(spec)))


def load_adapter(spec: dict[str, Any], tensors: dict[str, Tensor], device: str) -> Answerer:
    """As `load_passages`, the language model changed by the adapter in the folder."""
    model = load_language_model(spec["language_model"]["name"], device)
    _check(spec, model.identity)
    adapter.insert(model.module, seed=0)
    model.module.load_state_dict(tensors, strict=False)
    return Answerer(spec, FromPassages(adapter.merged(model, tensors), _search(spec), **_prompt(spec)))


def load_reader(spec: dict[str, Any], tensors: dict[str, Tensor], device: str) -> Answerer:
    """The reader's head on the encoder. Raises BackboneError for another encoder, DatasetError without documents."""
    arrays = {name: np.asarray(tensor.numpy(), np.float32) for name, tensor in tensors.items()}
    head = SpanHead(
        mean=arrays["mean"], scale=arrays["scale"], weight=arrays["weight"], nothing=arrays["nothing"],
        layers=tuple(spec["head"]["layers"]),
    )  # fmt: skip
    encoder = Encoder(device)
    name, _, digest = encoder.name.rpartition(" ")
    saved_name, _, saved_digest = spec["encoder"]["name"].rpartition(" ")
    if name != saved_name:
        raise BackboneError(f"The run was made with {saved_name}, and this program reads with {name}. Train again.")
    check_saved(digest, saved_digest, name)
    return Answerer(spec, Marking(head, encoder.backbone, _search(spec)))


def _prompt(spec: dict[str, Any]) -> dict[str, Any]:
    head = spec["head"]
    return {"wording": QuestionPrompt(**head["prompt"]), "choices": tuple(head["choices"])}


def _search(spec: dict[str, Any]) -> Search:
    """The search in the documents that the model was made with, opened from the workspace."""
    dataset = open_dataset(spec["dataset"]["fingerprint"])
    return Search(index_of(dataset), int(spec["head"]["k"]), float(spec["head"]["threshold"]))


def _language_model(spec: dict[str, Any], device: str) -> ChatModel:
    model = chat_model(spec["language_model"]["name"], device)
    _check(spec, model.identity)
    return model


def _check(spec: dict[str, Any], identity: str) -> None:
    check_saved(identity, spec["language_model"]["identity"], spec["language_model"]["name"])
