"""Models that are a language model behind a prompt, or answer questions: what can leave of them, and what cannot.

A local language model leaves as a folder that any runtime reads, an adapter merged into its weights, with the prompt
beside it; what it compares texts with leaves as vectors and an encoder in ONNX. A model behind an endpoint stays there.
"""

from __future__ import annotations

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
from advisor.exports.records import Form
from advisor.llm.asking import CLASSES_ASKED, NEAREST_ASKED, TEXT_TOKENS, PromptSetup
from advisor.rungs.saved.prompt import PromptPredictor, unpacked
from probes.neighbours import unit_rows
from probes.progress import Progress
from probes.prompting import CONTENT_FREE, Template, bias_of, options_of

MODEL = "language-model"
#: Questions, or texts, that both are asked about: a language model takes a second for each.
MOST_ASKED = 12
#: What scripts import that hold a language model, and what those need that search by vectors.
PACKAGES = ("numpy", "torch", "transformers")
VECTOR_PACKAGES = ("onnxruntime", "tokenizers")
NOT_COMPARED = "The dataset is not in this workspace, so the exported model was not compared."


def export(
    model: PromptPredictor, form: Form, dataset: Dataset | None, to: Path, progress: Progress
) -> tuple[str, ...]:
    """A prompt that classifies, with its language model; returns what is to be said. Raises RunError for ONNX."""
    check_form(form)
    if model.ask.nearest:
        extra.check_installed()
    language: Any = model.model.model
    write_model(language, to)
    contents.write_json(to / "classes.json", list(model.classes))
    contents.write_json(to / "prompt.json", _prompt(model, language))
    for script in ("language", "prompting", *(("encoder", "nearest") if model.ask.nearest else ())):
        contents.write_script(script, to / f"{script}.py")
    contents.write_script("predict_prompt", to / "predict.py")
    contents.write_requirements((*PACKAGES, *(VECTOR_PACKAGES if model.ask.nearest else ())), to)
    if model.ask.nearest:
        progress("Translating the encoder into ONNX", 0.4)
        _examples(model, to)
    if dataset is None:
        return (NOT_COMPARED,)
    progress("Asking both models about the test items", 0.6)
    items, _ = parity.items_of(dataset, "test", MOST_ASKED)
    with parity.script(to) as predict:
        ours, theirs = model.predict_proba(items), predict.probabilities(items)
    n_same, off = int(parity.same(ours, theirs).sum()), float(np.abs(ours - theirs).max())
    contents.write_json(to / "parity.json", {"n": len(items), "n_same": n_same, "difference": off})
    return (
        f"Asked about {counted(len(items), 'test item')}, predict.py gives the same label on {n_same:,}; probabilities "
        f"differ by {off:.4f} at most.{precision(language)}",
    )


def check_form(form: Form) -> None:
    """Raises RunError for ONNX."""
    if form == "onnx":
        raise RunError("A language model and its prompt do not fit into one ONNX file. Use --format folder.")


def precision(language: Any) -> str:
    """What explains a difference where this machine reads in another precision; "" where it does not."""
    if language.reader.dtype == torch.float32:
        return ""
    return f" predict.py reads in float32, and this program in {str(language.reader.dtype).removeprefix('torch.')}."


def _prompt(model: PromptPredictor, language: Any) -> dict[str, Any]:
    """What the scripts need of the prompt."""
    setup = model.ask
    template = Template(setup.template)
    return {
        "reads": "texts",
        "head": template.text[: template.text.index(template.pattern)],
        "pattern": template.pattern,
        "labels": list(setup.labels),
        "examples": [[one.text, one.label] for one in setup.examples],
        "bias": list(setup.bias) if setup.nearest else _bias(setup, language),
        "calibrate": setup.calibrate,
        "content_free": list(CONTENT_FREE),
        "nearest": setup.nearest,
        "nearest_asked": NEAREST_ASKED,
        "classes_asked": CLASSES_ASKED,
        "text_tokens": TEXT_TOKENS,
        "max_tokens": language.max_tokens,
        "start": language.start,
        "not_sure_below": model.least_sure,
        "likely_from": model.least_likely,
    }


def _bias(setup: PromptSetup, language: Any) -> list[float]:
    """What is subtracted from each class's log probability: the kept one, else that of content-free inputs."""
    if setup.bias or not setup.calibrate:
        return list(setup.bias)
    prompts = [
        Template(setup.template).prompt(setup.labels, setup._words(setup.examples), text) for text in CONTENT_FREE
    ]
    bias: list[float] = bias_of(language.option_log_p(prompts, options_of(setup.labels))).tolist()
    return bias


def _examples(model: PromptPredictor, to: Path) -> None:
    """The labelled examples with their vectors, and the encoder."""
    write_encoder(model.backbone, to)
    labels, text_of = model.arrays["labels"], unpacked(model.arrays)
    contents.write_json(to / "examples.json", [[text_of(row), int(label)] for row, label in enumerate(labels)])
    np.save(to / "vectors.npy", unit_rows(model.arrays["memory"]), allow_pickle=False)


class Unit(nn.Module):
    """Vectors of length 1. Shape: (n, d) to (n, d)."""

    def forward(self, features: Tensor) -> Tensor:
        return nn.functional.normalize(features, dim=1)


def write_encoder(backbone: Any, to: Path) -> None:
    """encoder.onnx gives the unit vectors of texts; its tokenizer and encoder.json say how it is fed."""
    batch = backbone.tokenize(["A first text.", "Another text that is a little longer than the first."])
    names, sizes = ("input_ids", "attention_mask"), {0: "n", 1: "tokens"}
    module = Texts(backbone, Unit()).eval().requires_grad_(False)
    example = (batch[names[0]], batch[names[1]])
    onnx_file.write(Graph("texts", module, example, names, (sizes, sizes), "vectors"), to / "encoder.onnx")
    (to / "encoder-tokenizer.json").write_text(backbone.tokenizer.backend_tokenizer.to_str(), encoding="utf-8")
    contents.write_json(
        to / "encoder.json", {"max_tokens": int(backbone.max_tokens), "prefix": backbone.entry.prefixes.item}
    )


def write_model(language: Any, to: Path) -> None:
    """The language model as Hugging Face writes one: safetensors, configuration, tokenizer."""
    with torch.inference_mode():
        language.module.save_pretrained(to / MODEL, safe_serialization=True)
    language.tokenizer.save_pretrained(to / MODEL)
