"""Models that are a language model behind a prompt, or answer questions: what can leave of them, and what cannot.

A local language model leaves as a folder that any runtime reads, an adapter merged into its weights, with the prompt
beside it; documents leave as passages, their vectors, and the encoder as ONNX. A model behind an endpoint stays there.
"""

from __future__ import annotations

import importlib.metadata
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from advisor.core.errors import RunError
from advisor.core.records import Dataset
from advisor.core.wording import counted
from advisor.exports import contents, extra, onnx_file, parity
from advisor.exports.graphs import Graph, Texts
from advisor.exports.records import Exported, Form
from advisor.llm.asking import TEXT_TOKENS, PromptSetup
from advisor.llm.identity import is_endpoint
from advisor.rungs.saved.answering import Answerer, ClosedBook, FromPassages, Search
from advisor.rungs.saved.loading import load
from advisor.rungs.saved.prompt import PromptPredictor
from probes.progress import Progress
from probes.prompting import CONTENT_FREE, Template, bias_of, options_of
from probes.qa_prompts import ANSWER_TOKENS

MODEL = "language-model"
#: Questions, or texts, that both are asked about: a language model takes a second for each.
MOST_ASKED = 12


def is_language(spec: dict[str, Any]) -> bool:
    """Whether the model answers by a language model, or answers questions."""
    return bool(spec["kind"] == "qa" or spec["weights"] == "prompt")


def export(
    run: Path, form: Form, spec: dict[str, Any], dataset: Dataset | None, to: Path, progress: Progress
) -> Exported:
    """Write what can leave into `to`. Raises RunError for ONNX, and for a reader of passages."""
    result = Exported(run=str(spec["run"]), form=form, folder=str(to), files=())
    if is_endpoint(str((spec.get("model") or spec.get("language_model") or {}).get("identity", ""))):
        contents.write_json(to / "prompt.json", spec.get("prompt") or spec["head"])
        why = "The language model behind this prompt is at an endpoint and cannot leave; prompt.json holds the prompt."
        return result.model_copy(update={"remarks": (why,)})
    if form == "onnx":
        raise RunError("A language model and its prompt do not fit into one ONNX file. Use --format folder.")
    if spec["head"]["type"] == "reader" if "head" in spec else False:
        raise RunError("A reader that marks answers in passages cannot leave yet. Use it here: advisor predict, serve.")
    model = load(run)
    progress("Writing the language model", 0.2)
    if isinstance(model, PromptPredictor):
        remarks = _prompt(model, dataset, to, progress)
    else:
        assert isinstance(model, Answerer)
        remarks = _questions(model, dataset, to, progress)
    return result.model_copy(update={"remarks": remarks})


def _prompt(model: PromptPredictor, dataset: Dataset | None, to: Path, progress: Progress) -> tuple[str, ...]:
    """A prompt that classifies; returns what is to be said."""
    setup = model.ask
    language: Any = model.model.model
    _language_model(language, to)
    contents.write_json(to / "classes.json", list(model.classes))
    contents.write_json(to / "whole-prompt.json", setup.as_dict())
    if setup.nearest:
        return ("Each text gets its own examples here, chosen by an encoder, so there is no predict.py: "
                "whole-prompt.json holds the template.",)  # fmt: skip
    before, _, after = setup.prompt_of("{text}").rpartition("{text}")
    contents.write_json(to / "prompt.json", {
        "before": before, "after": after, "labels": list(setup.labels), "bias": _bias(setup, language),
        "text_tokens": TEXT_TOKENS, "start": language.start,
    })  # fmt: skip
    contents.write_script("predict_prompt", to / "predict.py")
    _requirements(to, "numpy", "torch", "transformers")
    if dataset is None:
        return ("The dataset is not in this workspace, so the exported model was not compared.",)
    progress("Asking both models about the test items", 0.6)
    items, _ = parity.items_of(dataset, "test", MOST_ASKED)
    with parity.script(to) as predict:
        ours, theirs = model.predict_proba(items), predict.probabilities(items)
    n_same, off = int(parity.same(ours, theirs).sum()), float(np.abs(ours - theirs).max())
    contents.write_json(to / "parity.json", {"n": len(items), "n_same": n_same, "difference": off})
    asked = f"Asked about {counted(len(items), 'test item')}"
    return (f"{asked}, predict.py gives the same label on {n_same:,}; largest difference of a probability {off:.1e}.",)


def _bias(setup: PromptSetup, language: Any) -> list[float]:
    """What is subtracted from each class's log probability: the kept one, else that of content-free inputs."""
    if setup.bias or not setup.calibrate:
        return list(setup.bias) or [0.0] * len(setup.labels)
    prompts = [
        Template(setup.template).prompt(setup.labels, setup._words(setup.examples), text) for text in CONTENT_FREE
    ]
    bias: list[float] = bias_of(language.option_log_p(prompts, options_of(setup.labels))).tolist()
    return bias


def _questions(model: Answerer, dataset: Dataset | None, to: Path, progress: Progress) -> tuple[str, ...]:
    """A language model that answers questions, with its documents where it has some; returns what is to be said."""
    method = model.method
    assert isinstance(method, (ClosedBook, FromPassages))
    chat: Any = method.model
    language = chat.model
    _language_model(language, to)
    search = method.search if isinstance(method, FromPassages) else None
    prompt = {"system": method.wording.system, "user": method.wording.user, "begin": method.wording.begin,
              "choices": list(method.choices), "start": language.start, "max_new_tokens": ANSWER_TOKENS,
              "room": language.max_tokens - ANSWER_TOKENS, "k": 0}  # fmt: skip
    if search is not None:
        progress("Translating the encoder into ONNX", 0.4)
        prompt |= _documents(search, to)
    contents.write_json(to / "prompt.json", prompt)
    contents.write_script("predict_questions", to / "predict.py")
    _requirements(
        to,
        "numpy",
        "torch",
        "transformers",
        *(("onnxruntime", "tokenizers", "bm25s", "PyStemmer") if search is not None else ()),
    )
    return _asked(model, dataset, to, progress)


def _asked(model: Answerer, dataset: Dataset | None, to: Path, progress: Progress) -> tuple[str, ...]:
    if dataset is None:
        return ("The dataset is not in this workspace, so the exported model was not compared.",)
    progress("Asking both models the test questions", 0.6)
    rows = dataset.where("test")[:MOST_ASKED]
    questions = dataset.items["text"].iloc[rows].tolist()
    ours = [answer.text for answer in model.answer(questions)]
    with parity.script(to) as predict:
        theirs = [predict.answer(question)["answer"] for question in questions]
    n_same = sum(one == other for one, other in zip(ours, theirs, strict=True))
    contents.write_json(to / "parity.json", {"n": len(questions), "n_same": n_same})
    return (f"Asked {counted(len(questions), 'test question')}, predict.py gives the same answer to {n_same:,}.",)


class Unit(nn.Module):
    """Vectors of length 1. Shape: (n, d) to (n, d)."""

    def forward(self, features: Tensor) -> Tensor:
        return nn.functional.normalize(features, dim=1)


def _documents(search: Search, to: Path) -> dict[str, Any]:
    """Passages, vectors and the encoder; returns what the search needs to know."""
    extra.check_installed()
    embed: Any = search.index.embed
    backbone = embed.backbone
    batch = backbone.tokenize(["A first text.", "Another text that is a little longer than the first."])
    sizes = {0: "n", 1: "tokens"}
    module = Texts(backbone, Unit()).eval().requires_grad_(False)
    names = ("input_ids", "attention_mask")
    onnx_file.write(
        Graph("texts", module, (batch[names[0]], batch[names[1]]), names, (sizes, sizes)), to / "encoder.onnx"
    )
    (to / "encoder-tokenizer.json").write_text(backbone.tokenizer.backend_tokenizer.to_str(), encoding="utf-8")
    contents.write_json(to / "passages.json", [
        {"document": chunk.document, "title": chunk.title, "text": chunk.text} for chunk in search.index.chunks
    ])  # fmt: skip
    np.save(to / "vectors.npy", np.asarray(search.index.vectors, np.float32), allow_pickle=False)
    if search.index.words.model is not None:
        search.index.words.save(to / "words")
    return {"k": search.k, "weight": search.index.weight, "threshold": search.threshold,
            "max_tokens": int(backbone.max_tokens), "prefix": backbone.entry.prefixes.item}  # fmt: skip


def _language_model(language: Any, to: Path) -> None:
    """The language model as Hugging Face writes one: safetensors, configuration, tokenizer."""
    with torch.inference_mode():
        language.module.save_pretrained(to / MODEL, safe_serialization=True)
    language.tokenizer.save_pretrained(to / MODEL)


def _requirements(to: Path, *packages: str) -> None:
    lines = [f"{name}=={importlib.metadata.version(name)}" for name in packages]
    (to / "requirements.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
