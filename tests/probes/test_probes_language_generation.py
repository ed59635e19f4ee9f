"""A local language model that answers and scores: against transformers' own generation and the plain likelihood."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from probes.backbones import catalog, language_options
from probes.backbones.language import LanguageModel
from probes.backbones.language_prompt import read, written
from probes.chat import Prompt
from tests.probes.language_files import tiny_gguf

SYSTEM = "You sort short messages by topic and answer with one word of the list: sport, cooking, weather."
TEXTS = [
    "The striker scored twice.",
    "Fry the onions slowly.",
    "It rained all day in the valley and the roads froze.",
    "?",
]
OPTIONS = [" sport", " cooking", " weather", " cooking with gas", ""]


def prompts(texts: list[str] = TEXTS, system: str = SYSTEM) -> list[Prompt]:
    return [Prompt(system, f"Message: {text}", "Topic:") for text in texts]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> LanguageModel:
    """Random weights, no chat template, float32."""
    folder = tmp_path_factory.mktemp("tiny")
    path = tiny_gguf(folder / "tiny.gguf")
    entry = catalog.find(f"{catalog.default('language').name}@{path}", "language")
    model = LanguageModel.load(entry, folder)
    model.__dict__["reader"] = model.module
    return model


def plain(model: LanguageModel, prompt: Prompt, option: str) -> float:
    """log p of an option by one pass over the whole sequence."""
    asked, answer = list(read(model, [prompt], 10_000)[0].ids), model.tokens([option])[0]
    if not answer:
        return 0.0
    with torch.inference_mode():
        logits = model.module(input_ids=torch.tensor([asked + answer])).logits[0].float().log_softmax(-1)
    return float(sum(logits[len(asked) - 1 + place, token] for place, token in enumerate(answer)))


def test_options_behind_shared_beginnings_score_as_one_by_one(smollm: LanguageModel) -> None:
    before = smollm.__dict__.get("reader")
    smollm.__dict__["reader"] = smollm.module  # float32, so that nothing but the arrangement differs
    smollm.trunk = None
    try:
        found = smollm.option_log_p(prompts(), OPTIONS)
        again = smollm.option_log_p(prompts()[1:2], OPTIONS)  # the beginning is remembered
        assert smollm.reads_trees and smollm.trunk is not None and len(smollm.trunk.ids) > 20
    finally:
        smollm.trunk = None
        smollm.__dict__.pop("reader")
        smollm.__dict__ |= {"reader": before} if before is not None else {}
    expected = [[plain(smollm, prompt, option) for option in OPTIONS] for prompt in prompts()]
    np.testing.assert_allclose(found, expected, atol=2e-3)
    np.testing.assert_allclose(again, expected[1:2], atol=2e-3)
    assert found[:3, :3].argmax(1).tolist() == [0, 1, 2]


def test_many_passes_an_unshared_beginning_and_the_plain_way_agree(
    tiny: LanguageModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(language_options, "PASS_TOKENS", 40)
    asked = [*prompts([f"{'a ' * n}b" for n in range(5)], "x"), Prompt("", "quite another")]
    by_tree = tiny.option_log_p(asked, OPTIONS)
    assert tiny.reads_trees
    tiny.reads_trees = False
    np.testing.assert_allclose(tiny.option_log_p(asked, OPTIONS), by_tree, atol=1e-3)
    tiny.reads_trees = None
    assert tiny.option_log_p([], OPTIONS).shape == (0, 5)
    assert tiny.option_log_p(asked, []).shape == (6, 0)


def test_a_model_that_looks_back_only_so_far_is_read_plainly(tiny: LanguageModel) -> None:
    tiny.reads_trees, tiny.module.config.sliding_window = None, 8
    try:
        tiny.option_log_p(prompts(), OPTIONS)
        assert tiny.reads_trees is False
    finally:
        tiny.reads_trees, tiny.module.config.sliding_window = None, None


def test_greedy_answers_are_those_of_transformers(tiny: LanguageModel) -> None:
    asked = [Prompt("", text) for text in ("a", "the cat sat on the mat", "one more", "z" * 30)]
    replies = tiny.generate(asked, max_new_tokens=6, stop=())
    for prompt, reply in zip(asked, replies, strict=True):
        ids = torch.tensor([read(tiny, [prompt], 100)[0].ids])
        own = tiny.module.generate(ids, max_new_tokens=6, do_sample=False, pad_token_id=0, attention_mask=ids * 0 + 1)
        assert reply.text == tiny.tokenizer.decode(own[0, ids.shape[1] :], skip_special_tokens=True).strip()
        assert reply.n_prompt_tokens == ids.shape[1] and not reply.cut
        assert reply.log_p is not None and reply.log_p < 0
    assert tiny.generate([]) == []


def test_an_answer_begins_as_told_and_ends_at_a_stop(smollm: LanguageModel) -> None:
    asked = [
        Prompt("", "What is the capital of France?", "The capital of France is"),
        Prompt("", "Say: one, two, three."),
    ]
    first, second = smollm.generate(asked, max_new_tokens=12, stop=(".", "\n"))
    assert first.text == "Paris" and first.n_tokens < 12
    assert "." not in second.text and "\n" not in second.text


def test_a_prompt_that_does_not_fit_loses_its_middle_and_says_so(tiny: LanguageModel) -> None:
    prompt = Prompt("begin", "x" * 500, "end")
    (reply,) = tiny.generate([prompt], max_new_tokens=4)
    assert reply.cut and reply.n_prompt_tokens == tiny.max_tokens - 4
    ids = read(tiny, [prompt], 20)[0].ids
    text = tiny.tokenizer.decode(ids[1:])
    assert len(ids) == 20 and text.startswith("begin") and text.endswith("end")
    assert np.isfinite(tiny.option_log_p([prompt], OPTIONS)).all()


def test_a_template_without_a_system_message_gets_it_from_the_user(smollm: LanguageModel, tmp_path: Path) -> None:
    text = written(smollm.tokenizer, Prompt("Rules.", "Question", "Answer:"))
    assert text.index("system") < text.index("Rules.") < text.index("user") < text.index("Question")
    assert text.endswith("assistant\nAnswer:")
    kept = smollm.tokenizer.chat_template
    refuses = "{% for m in messages %}{% if m['role'] == 'system' %}{{ raise_exception('no') }}{% endif %}"
    smollm.tokenizer.chat_template = refuses + "[{{ m['content'] }}]{% endfor %}"
    try:
        assert written(smollm.tokenizer, Prompt("Rules.", "Question", "Answer:")) == "[Rules.\n\nQuestion]Answer:"
    finally:
        smollm.tokenizer.chat_template = kept
