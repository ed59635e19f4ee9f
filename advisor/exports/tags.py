"""Models that mark words: encoder and head leave as ONNX, the rules of tags as JSON; predict.py finds the best tags.

The graph gives the scores of every word piece. A word's score is the mean of its pieces' scores, which is what the head
makes of the mean of their states, since the head is linear.
"""

from __future__ import annotations

import importlib.resources
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from advisor.core.errors import RunError
from advisor.core.records import Dataset
from advisor.data.tag_set import sentences_of
from advisor.exports import beside, contents, extra, language, onnx_file, parity
from advisor.exports.graphs import Graph
from advisor.exports.records import Form, Parity
from advisor.rungs.saved import folder as saved
from advisor.rungs.saved.taggers import Headed
from advisor.rungs.saved.tagging import Tagger
from probes.progress import Progress
from probes.tagging.schemes import Span
from probes.tagging.windows import MOST_CHARACTERS, frame

#: Test sentences that both models mark.
MOST_ASKED = 100
PACKAGES = ("numpy", "onnxruntime", "tokenizers")
#: The scripts that predict.py reads.
SCRIPTS = ("tagging", "sequences")
#: Modules of this program that they read, with nothing but the standard library.
MODULES = ("words", "cuts")


class PieceScores(nn.Module):
    """(n, pieces) int64 tokens and mask to the scores of tags, (n, pieces, T)."""

    def __init__(self, encoder: nn.Module, has_types: bool, layers: Sequence[int], head: nn.Linear) -> None:
        super().__init__()
        self.encoder, self.has_types, self.layers, self.head = encoder, has_types, tuple(layers), head

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        types = {"token_type_ids": torch.zeros_like(input_ids)} if self.has_types else {}
        states = self.encoder(
            input_ids=input_ids, attention_mask=attention_mask, **types, output_hidden_states=True
        ).hidden_states
        scores: Tensor = self.head(torch.cat([states[layer] for layer in self.layers], dim=-1))
        return scores


def export(
    model: Tagger, form: Form, tensors: dict[str, Tensor], dataset: Dataset | None, to: Path, progress: Progress
) -> tuple[Parity | None, tuple[str, ...]]:
    """Write a model that marks words; returns how it compares and what is to be said.

    Raises RunError for one that has no head, as ONNX, and where the exported model marks other words.
    """
    if form == "safetensors":
        weights = dict(tensors)
        saved.save(to, {name: value for name, value in model.spec.items() if name not in ("sha256", "seal")}, weights)
        return None, ("Load it with advisor.load, on a machine that has its encoder.",)
    if not isinstance(model.method, Headed):
        raise RunError(
            f"A model of rung {model.rung!r} has no head on words, so it does not leave as ONNX. Use --format "
            f"safetensors, or serve it from here: advisor serve {model.spec['run']}"
        )
    extra.check_installed()
    progress("Translating into ONNX", 0.1)
    _graph(model.method, to)
    _described(model, model.method, to)
    contents.write_script("predict_tags", to / "predict.py")
    for name in SCRIPTS:
        contents.write_script(name, to / f"{name}.py")
    for name in MODULES:
        text = importlib.resources.files("probes.tagging").joinpath(f"{name}.py").read_text(encoding="utf-8")
        (to / f"{name}.py").write_text(text, encoding="utf-8")
    contents.write_requirements(PACKAGES, to)
    if form == "folder":
        beside.write_server(to)
    return _compared(model, dataset, to, progress)


def _graph(method: Headed, to: Path) -> None:
    backbone: Any = method.backbone
    batch = backbone.tokenize(["A first text.", "Another text that is a little longer than the first."])
    module = PieceScores(backbone.module.encoder, "token_type_ids" in backbone.inputs, method.layers, method.head)
    sizes = {0: "n", 1: "pieces"}
    graph = Graph(
        "texts", module.eval().requires_grad_(False), (batch["input_ids"], batch["attention_mask"]),
        ("input_ids", "attention_mask"), (sizes, sizes), "scores",
    )  # fmt: skip
    onnx_file.write(graph, to / "model.onnx")


def _described(model: Tagger, method: Headed, to: Path) -> None:
    """tags.json with all that predict.py needs besides the graph, and the tokenizer."""
    tokenizer: Any = method.backbone.tokenizer
    first, last = frame(tokenizer)
    contents.write_json(to / "tags.json", {
        "tags": list(model.names), "start": np.asarray(model.transitions.start).tolist(),
        "matrix": np.asarray(model.transitions.matrix).tolist(), "first": first, "last": last,
        "max_tokens": method.backbone.max_tokens, "pad_id": int(tokenizer.pad_token_id or 0),
        "most_characters": MOST_CHARACTERS,
    })  # fmt: skip
    (to / "tokenizer.json").write_text(tokenizer.backend_tokenizer.to_str(), encoding="utf-8")


def _compared(
    model: Tagger, dataset: Dataset | None, to: Path, progress: Progress
) -> tuple[Parity | None, tuple[str, ...]]:
    """Both models on test sentences. Raises RunError where one marks other words."""
    if dataset is None:
        return None, (language.NOT_COMPARED,)
    progress("Asking both models about test sentences", 0.6)
    some = sentences_of(dataset, dataset.where("test")[:MOST_ASKED]).sentences
    if not some:
        return None, ("The dataset has no test sentences, so the exported model was not compared.",)
    ours = model.found(some)
    with parity.script(to) as predict:
        theirs = [predict.mark(words) for words in some]
        runtime = parity.pace(lambda each: [predict.mark(words) for words in each], list(some))
    same = [one.spans == [Span(*span[:3]) for span in other] for one, other in zip(ours, theirs, strict=True)]
    off = max(
        (abs(p - span[3]) for one, other, ok in zip(ours, theirs, same, strict=True) if ok
         for p, span in zip(one.sure, other, strict=True)), default=0.0,
    )  # fmt: skip
    compared = Parity(
        n=len(some), difference=off, n_same=sum(same), file_bytes=parity.model_bytes(to / "model.onnx"),
        runtime=runtime, torch=parity.pace(lambda each: model.found(each), list(some)), gives="marks",
    )  # fmt: skip
    parity.keep(compared, to, parity.OTHER_FORM)
    return compared, ()
