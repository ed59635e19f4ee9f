"""Language models in the architectures of the catalog, made tiny: likelihood, options and answers agree."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from probes.backbones import catalog
from probes.backbones.language import LanguageModel
from probes.backbones.language_prompt import written
from probes.chat import Prompt
from tests.probes import tiny_models

TEXTS = ["the cat sat on the mat", "", "a dog ran", "red"]
PROMPTS = [Prompt("", user="the cat", begin=" sat"), Prompt("", user="a red dog ran on the blue mat", begin="")]


@pytest.fixture(params=list(tiny_models.WRITERS))
def model(request: pytest.FixtureRequest, tmp_path: Path) -> LanguageModel:
    folder = tiny_models.writer(tmp_path / "model", request.param)
    return LanguageModel.load(catalog.find(str(folder), "language"), tmp_path / "cache")


def test_a_local_folder_says_how_likely_texts_are(model: LanguageModel) -> None:
    found = model.log_likelihood(TEXTS)
    for text, log_p, n_tokens in zip(TEXTS, found.log_p, found.n_tokens, strict=True):
        own = model.tokenizer(text, add_special_tokens=False).input_ids
        assert n_tokens == len(own)
        if own:
            ids = torch.tensor([[model.start, *own]])
            with torch.inference_mode():
                loss = float(model.module(input_ids=ids, labels=ids).loss)
            assert log_p == pytest.approx(-loss * len(own), rel=1e-3)


def test_options_are_scored_as_the_whole_text_is(model: LanguageModel) -> None:
    options = [" the mat", " a dog ran", " blue"]
    scores = model.option_log_p(PROMPTS, options)
    assert scores.shape == (2, 3) and np.isfinite(scores).all() and (scores < 0).all()
    alone = np.concatenate([model.option_log_p([prompt], options) for prompt in PROMPTS])
    np.testing.assert_allclose(scores, alone, atol=1e-3)
    one_by_one = np.concatenate([model.option_log_p(PROMPTS, [option]) for option in options], axis=1)
    np.testing.assert_allclose(scores, one_by_one, atol=1e-3)


def test_it_writes(model: LanguageModel) -> None:
    together = model.generate(PROMPTS, max_new_tokens=5)
    alone = [model.generate([prompt], max_new_tokens=5)[0] for prompt in PROMPTS]
    assert [reply.text for reply in together] == [reply.text for reply in alone]


def test_a_model_that_can_think_aloud_is_asked_to_answer_at_once(tmp_path: Path) -> None:
    folder = tiny_models.writer(tmp_path / "model", "qwen3")
    loaded = LanguageModel.load(catalog.find(str(folder), "language"), tmp_path / "cache")
    loaded.tokenizer.chat_template = (
        "{% for message in messages %}{{ message.content }} {% endfor %}"
        "{% if enable_thinking is defined and enable_thinking is false %}<think></think>{% endif %}"
    )
    assert written(loaded.tokenizer, Prompt("", user="the cat", begin=" sat")) == "the cat <think></think> sat"
