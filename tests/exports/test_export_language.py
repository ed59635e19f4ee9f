"""Language models leave as Hugging Face reads them, with their prompt; behind an endpoint the prompt leaves alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from advisor.cli.show_answers import answers_json
from advisor.core.errors import RunError
from advisor.core.records import Answer, Dataset, ReadOptions
from advisor.data.reading import read
from advisor.exports import contents
from advisor.exports.export import export
from advisor.exports.records import BOUND
from advisor.llm.asking import PromptSetup, ShownExample
from advisor.rungs import registry
from advisor.rungs.prompted import BY
from advisor.rungs.saved import folder as saved
from advisor.rungs.saved import loading
from advisor.rungs.saved.answering import Answerer
from probes.prompting import ZERO_SHOT
from tests.exports.conftest import alone_words
from tests.rungs.saved_models import load_predictor
from tests.rungs.test_rungs_line import context_of
from tests.rungs.test_rungs_questions import context_of as questions_context

Run = Callable[..., Path]
SHOWN = (ShownExample("Fry the onions.", 0), ShownExample("A penalty in the last minute.", 1))
SETUP = PromptSetup(None, ZERO_SHOT, ("cooking", "sport"), SHOWN, bias=(-0.4, -1.1))


def test_an_endpoint_gives_its_prompt_and_one_sentence(texts: Dataset, tmp_path: Path) -> None:
    context = context_of(texts, tmp_path / "run", "prompting")
    spec = saved.spec_of(context.plan, texts, weights="prompt")
    spec |= {"head": {"type": "prompt"}, "prompt": SETUP.as_dict(),
             "model": {"name": "small", "identity": "endpoint https://host/v1 small"}}  # fmt: skip
    saved.save(context.directory, spec, {"nothing": torch.zeros(1)})
    done = export(context.directory, "onnx", tmp_path / "out")
    assert done.files == ("prompt.json", "export.json")
    assert done.remarks == ("The language model is at an endpoint and stays there; prompt.json holds the prompt.",)
    assert json.loads((tmp_path / "out" / "prompt.json").read_text())["template"] == ZERO_SHOT


@pytest.mark.slow
def test_a_prompt_leaves_with_its_model_and_says_the_same(texts: Dataset, run_of: Run, tmp_path: Path) -> None:
    run = run_of(texts, "prompting", by=BY, ask=SETUP.as_dict())
    with pytest.raises(RunError, match="do not fit into one ONNX file"):
        export(run, "onnx", tmp_path / "onnx")
    done = export(run, "folder", tmp_path / "out")
    assert {"predict.py", "prompt.json", "MODEL_CARD.md", "language-model/model.safetensors"} <= set(done.files)
    items = texts.items["text"].tolist()[:4]
    theirs = alone_words(tmp_path / "out", "predict.probabilities(items)", items)
    assert np.abs(load_predictor(run).predict_proba(items) - np.array(theirs)).max() < 0.02  # ours may read in bfloat16


def towns(folder: Path) -> Dataset:
    """Ten towns with the years of their museums, two questions about each."""
    folder.mkdir()
    rows = []
    for number, town in enumerate(("Lima", "Oslo", "Perth", "Quito", "Rome", "Sofia", "Turin", "Ulm", "Vigo", "York")):
        (folder / f"{town}.txt").write_text(f"The museum of {town} was opened in {1900 + 7 * number}.")
        for question in (f"When was the museum of {town} opened?", f"In which year did {town} open its museum?"):
            rows.append({"question": question, "answers": [str(1900 + 7 * number)]})
    (folder / "questions.jsonl").write_text("\n".join(map(json.dumps, rows)))
    return read(folder, ReadOptions(kind="qa"))


@pytest.mark.slow
def test_questions_leave_with_their_documents_and_get_the_same_answers(home: Path, tmp_path: Path) -> None:
    dataset = towns(home / "towns")
    context = questions_context(dataset, tmp_path / "run", "rag", k=1)
    registry.execute(context)
    context.plan.save(context.directory / "plan.json")
    done = export(context.directory, "folder", tmp_path / "out")
    assert {"vectors.npy", "encoder.onnx", "passages.json", "words/params.index.json"} <= set(done.files)
    kept = json.loads((tmp_path / "out" / "parity.json").read_text())
    assert kept["n_same"] == kept["n"] > 0
    answer = alone_words(tmp_path / "out", "[predict.answer(question) for question in items]", ["x"])
    assert answer[0]["question"] == "x"


@pytest.mark.slow
@pytest.mark.parametrize("n_classes", [2, 9])
def test_each_texts_own_examples_leave_with_the_encoder(
    texts: Dataset, run_of: Run, home: Path, tmp_path: Path, n_classes: int
) -> None:
    dataset = texts
    labels: tuple[str, ...] = ("cooking", "sport")
    if n_classes > len(texts.classes):  # more than are asked about: only those of the nearest examples are
        labels = tuple(f"class {number}" for number in range(n_classes))
        (home / "many.csv").write_text("text,label\n" + "".join(
            f"Sentence {i} of thing {i % n_classes}.,{labels[i % n_classes]}\n" for i in range(8 * n_classes)
        ))  # fmt: skip
        dataset = read(home / "many.csv")
    ask = PromptSetup(None, ZERO_SHOT, labels, nearest=3)
    context = context_of(dataset, tmp_path / "run", "rag", seconds=20.0, settings={"by": BY, "ask": ask.as_dict()})
    registry.execute(context)
    context.plan.save(context.directory / "plan.json")
    done = export(context.directory, "folder", tmp_path / "out")
    assert {"encoder.onnx", "examples.json", "vectors.npy", "predict.py", "Dockerfile"} <= set(done.files)
    items = dataset.items["text"].tolist()[:3]
    theirs = alone_words(tmp_path / "out", "predict.probabilities(items)", items)
    assert np.abs(load_predictor(context.directory).predict_proba(items) - np.array(theirs)).max() < 0.05


@pytest.mark.slow
def test_a_reader_leaves_with_its_documents_and_marks_the_same(home: Path, tmp_path: Path) -> None:
    dataset = towns(home / "readers")
    context = questions_context(dataset, tmp_path / "run", "frozen", seconds=20.0)
    registry.execute(context)
    context.plan.save(context.directory / "plan.json")
    done = export(context.directory, "folder", tmp_path / "out")
    assert {"reader.onnx", "encoder.onnx", "vectors.npy", "passages.json", "predict.py"} <= set(done.files)
    assert done.parity is not None and done.parity.good and done.parity.n == len(dataset.where("test"))
    assert "the same answer to all" in done.sentences[0]
    items = [*dataset.items["text"].tolist()[:4], "Wer öffnete 1907 das Museum? 中文", "x " * 300]
    ours = loading.load(context.directory)
    assert isinstance(ours, Answerer)
    theirs = alone_words(tmp_path / "out", "[predict.answer(item) for item in items]", items)
    for one, other in zip(ours.answer(items), theirs, strict=True):
        assert (one.text, one.supported) == (other["answer"], other["supported"])
        assert one.probability == pytest.approx(other.get("probability"), abs=BOUND)
        assert [cited.text for cited in one.passages] == [cited["text"] for cited in other["passages"]]


def test_an_answer_that_repeats_itself_is_left_out_outside_too(tmp_path: Path) -> None:
    contents.write_script("predict_questions", tmp_path / "predict.py")
    contents.write_looping(tmp_path / "looping.py")
    (tmp_path / "reading.py").write_text("def read(question, passages):\n    return question, None, 0\n")
    said = ["The answer is: " * 9, "It is forty-two.", "no no no no no no", "Bora Bora", "a the a the a the"]
    theirs = alone_words(tmp_path, "[predict.answer(item) for item in items]", said)
    for text, other in zip(said, theirs, strict=True):
        ours = Answer(input="q", text=text, supported=False)
        assert (other["answer"], other.get("note", "")) == (ours.usable, ours.note)
    assert [bool(one["answer"]) for one in theirs] == [False, True, False, True, True]
    assert answers_json([Answer(input="q", text=said[0], supported=True)])[0]["text"] == ""


@pytest.mark.slow
def test_an_adapter_is_merged_into_the_weights(tmp_path: Path) -> None:
    from safetensors.torch import load_file

    from advisor.exports.language import MODEL, write_model
    from advisor.llm.models import load_language_model
    from advisor.rungs.saved import adapter

    plain = load_language_model()
    name = "model.layers.0.self_attn.q_proj.weight"
    before = plain.module.state_dict()[name].clone()
    adapter.insert(plain.module, seed=0)
    torch.manual_seed(0)
    pushed = {key: 0.01 * torch.randn_like(tensor) for key, tensor in adapter.tensors_of(plain.module).items()}
    plain.module.load_state_dict(pushed, strict=False)
    with torch.inference_mode():
        ids = torch.tensor([[1, 2, 3]])
        expected = plain.module(input_ids=ids).logits
    chat: Any = adapter.merged(plain, pushed)
    write_model(chat.model, tmp_path)
    state = load_file(tmp_path / MODEL / "model.safetensors")
    assert not any("lora" in key for key in state) and not torch.equal(state[name], before)

    from transformers import AutoModelForCausalLM

    again = AutoModelForCausalLM.from_pretrained(tmp_path / MODEL, dtype=torch.float32).eval()
    with torch.inference_mode():
        assert torch.allclose(again(input_ids=ids).logits, expected, atol=1e-3)
