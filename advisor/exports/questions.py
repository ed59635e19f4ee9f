"""Models that answer questions: the documents leave as passages and vectors, what reads them beside it.

A reader leaves as ONNX, a language model as `advisor.exports.language` writes it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from advisor.core.records import Dataset
from advisor.core.wording import counted
from advisor.exports import contents, extra, language, onnx_file, parity
from advisor.exports.graphs import Graph
from advisor.exports.records import BOUND, Form, Parity
from advisor.rungs.saved.answering import Answerer, ClosedBook, FromPassages, Marking, Search
from probes.progress import Progress
from probes.qa_prompts import ANSWER_TOKENS
from probes.reader import ASKS, MOST_TOKENS, PAIR_TOKENS, WINDOWS

if TYPE_CHECKING:
    from advisor.core.records import Answer
    from probes.reader import SpanHead

SEARCH_PACKAGES = (*language.VECTOR_PACKAGES, "bm25s", "PyStemmer")
#: Columns that `probes.reader.word_counts` gives each token.
N_COUNTS = 3 + len(WINDOWS) + 2 * len(ASKS)
#: Questions that a reader, which takes milliseconds for each, is asked.
MOST_READ = 50


def export(
    model: Answerer, form: Form, dataset: Dataset | None, to: Path, progress: Progress
) -> tuple[Parity | None, tuple[str, ...]]:
    """Write a model that answers questions; returns how it compares and what is to be said.

    Raises RunError for a language model as ONNX, and for a reader that gives another answer outside.
    """
    method = model.method
    contents.write_script("predict_questions", to / "predict.py")
    contents.write_looping(to / "looping.py")
    if isinstance(method, Marking):
        extra.check_installed()
        progress("Translating the reader into ONNX", 0.2)
        _reader(method, to)
        _documents(method.search, to)
        contents.write_requirements(("numpy", *SEARCH_PACKAGES), to)
        return _compared(model, dataset, to, progress)
    assert isinstance(method, (ClosedBook, FromPassages))
    language.check_form(form)
    search = method.search if isinstance(method, FromPassages) else None
    _written(method, to)
    if search is not None:
        extra.check_installed()
        progress("Translating the encoder into ONNX", 0.4)
        _documents(search, to)
    contents.write_requirements((*language.PACKAGES, *(SEARCH_PACKAGES if search is not None else ())), to)
    return None, _asked(model, dataset, to, progress)


class Reader(nn.Module):
    """Question and passage as tokens, with the word counts of each, to the scores of its start and its end.

    Shape: (n, tokens) int64 each, counts (n, tokens, c) to (n, tokens, 2). Only some encoders look at the types.
    """

    mean: Tensor
    scale: Tensor
    weight: Tensor

    def __init__(self, encoder: nn.Module, has_types: bool, head: SpanHead) -> None:
        super().__init__()
        self.encoder, self.has_types, self.layers = encoder, has_types, head.layers
        for name in ("mean", "scale", "weight"):
            self.register_buffer(name, torch.from_numpy(np.array(getattr(head, name), np.float32)))

    def forward(self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor, counts: Tensor) -> Tensor:
        types = {"token_type_ids": token_type_ids} if self.has_types else {}
        hidden = self.encoder(
            input_ids=input_ids, attention_mask=attention_mask, **types, output_hidden_states=True
        ).hidden_states
        states = torch.cat([*(hidden[layer] for layer in self.layers), counts], dim=-1)
        scores: Tensor = ((states - self.mean) / self.scale) @ self.weight
        return scores


def _reader(method: Marking, to: Path) -> None:
    """reader.onnx, and reader.json that says how it is fed and what is read off it."""
    backbone, head = method.encoder, method.head
    encoder: Any = backbone.module.encoder
    longest = min(PAIR_TOKENS, int(encoder.config.max_position_embeddings))
    pairs = backbone.tokenizer(
        ["Who?", "When was it?"], ["A passage.", "Another that is longer."], padding=True, return_tensors="pt"
    )
    ids, mask = pairs["input_ids"], pairs["attention_mask"]
    example = (ids, mask, torch.zeros_like(ids), torch.zeros(*ids.shape, N_COUNTS))
    names, sizes = ("input_ids", "attention_mask", "token_type_ids", "counts"), {0: "n", 1: "tokens"}
    module = Reader(encoder, "token_type_ids" in backbone.inputs, head).eval().requires_grad_(False)
    onnx_file.write(Graph("texts", module, example, names, (sizes,) * len(names), "scores"), to / "reader.onnx")
    contents.write_json(to / "reader.json", {
        "max_tokens": longest, "most_tokens": MOST_TOKENS, "n_counts": N_COUNTS, "windows": list(WINDOWS),
        "asks": list(ASKS), "nothing": float(head.nothing.sum()),
    })  # fmt: skip
    contents.write_script("reading_marks", to / "reading.py")


def _documents(search: Search, to: Path) -> None:
    """Passages, vectors, counted words and the encoder, with the scripts that search them."""
    embed: Any = search.index.embed
    language.write_encoder(embed.backbone, to)
    contents.write_json(to / "passages.json", [
        {"document": chunk.document, "title": chunk.title, "text": chunk.text} for chunk in search.index.chunks
    ])  # fmt: skip
    np.save(to / "vectors.npy", np.asarray(search.index.vectors, np.float32), allow_pickle=False)
    if search.index.words.model is not None:
        search.index.words.save(to / "words")
    contents.write_json(
        to / "search.json", {"k": search.k, "weight": search.index.weight, "threshold": search.threshold}
    )
    for script in ("encoder", "search"):
        contents.write_script(script, to / f"{script}.py")


def _written(method: ClosedBook | FromPassages, to: Path) -> None:
    """The language model and its prompt, with the scripts that ask it."""
    chat: Any = method.model
    model, wording = chat.model, method.wording
    language.write_model(model, to)
    contents.write_json(to / "prompt.json", {
        "system": wording.system, "user": wording.user, "begin": wording.begin, "choices": list(method.choices),
        "start": model.start, "max_new_tokens": ANSWER_TOKENS, "room": model.max_tokens - ANSWER_TOKENS,
    })  # fmt: skip
    contents.write_script("language", to / "language.py")
    contents.write_script("reading_language", to / "reading.py")


def _asked(model: Answerer, dataset: Dataset | None, to: Path, progress: Progress) -> tuple[str, ...]:
    """A language model's answers here and outside."""
    if dataset is None:
        return (language.NOT_COMPARED,)
    progress("Asking both models the test questions", 0.6)
    questions = _questions(dataset, language.MOST_ASKED)
    ours = [answer.usable for answer in model.answer(questions)]
    with parity.script(to) as predict:
        theirs = [predict.answer(question)["answer"] for question in questions]
    n_same = sum(one == other for one, other in zip(ours, theirs, strict=True))
    contents.write_json(to / "parity.json", {"n": len(questions), "n_same": n_same})
    method: Any = model.method
    return (
        f"Asked {counted(len(questions), 'test question')}, predict.py gives the same answer to {n_same:,}."
        f"{language.precision(method.model.model)}",
    )


def _compared(
    model: Answerer, dataset: Dataset | None, to: Path, progress: Progress
) -> tuple[Parity | None, tuple[str, ...]]:
    """A reader's answers here and outside. Raises RunError where one differs."""
    if dataset is None:
        return None, (language.NOT_COMPARED,)
    progress("Asking both models the test questions", 0.6)
    questions = _questions(dataset, MOST_READ)
    if not questions:
        return None, ("The dataset has no test questions, so the exported model was not compared.",)
    ours = model.answer(questions)
    with parity.script(to) as predict:
        theirs = [predict.answer(question) for question in questions]
        runtime = parity.pace(lambda some: [predict.answer(question) for question in some], questions)
    off, n_same = _differences(ours, theirs)
    compared = Parity(
        n=len(questions), difference=off, n_same=n_same, file_bytes=parity.model_bytes(to / "reader.onnx"),
        runtime=runtime, torch=parity.pace(model.answer, questions), gives="answer",
    )  # fmt: skip
    parity.keep(compared, to, "Use the model here")
    return compared, ()


def _differences(ours: list[Answer], theirs: list[dict[str, Any]]) -> tuple[float, int]:
    """The largest difference of a probability, and on how many questions both give one answer; of a tie, either."""
    off, n_same = 0.0, 0
    for one, other in zip(ours, theirs, strict=True):
        apart = abs((one.probability or 0.0) - (other.get("probability") or 0.0))
        off = max(off, apart)
        n_same += one.text == other["answer"] or (one.supported == other["supported"] and 0 < apart <= BOUND)
    return off, n_same


def _questions(dataset: Dataset, most: int) -> list[str]:
    rows = dataset.where("test")[:most]
    questions: list[str] = dataset.items["text"].iloc[rows].tolist()
    return questions
