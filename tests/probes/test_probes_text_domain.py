from __future__ import annotations

import numpy as np
import pytest

from probes.backbones import catalog
from probes.backbones.language import LanguageModel
from probes.errors import ProbeError
from probes.text_domain import LEAST_TEXTS, MAX_TOKENS, measure_texts, n_words, ratio
from tests.probes.language_files import tiny_gguf

NOTES = [
    "The library opens at nine, and the reading room stays open until eight in the evening.",
    "She left the keys on the kitchen table because her sister would need the car later.",
    "Most birds fly south in autumn, but a few stay and look for food near houses.",
    "The meeting was moved to Thursday so that everyone could read the report first.",
]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> LanguageModel:
    folder = tmp_path_factory.mktemp("gguf")
    file = tiny_gguf(folder / "tiny.gguf")
    return LanguageModel.load(catalog.find(f"{catalog.default('language').name}@{file}", "language"), folder)


def test_shuffled_words_need_more_bits_and_a_strange_language_more_tokens(smollm: LanguageModel) -> None:
    rng = np.random.default_rng(0)
    mixed = [" ".join(rng.permutation(text.split())) for text in NOTES]
    said, shuffled = measure_texts(smollm, NOTES), measure_texts(smollm, mixed)
    assert said.bits_per_byte.high < shuffled.bits_per_byte.low
    greek = ["Η βιβλιοθήκη ανοίγει στις εννέα το πρωί.", "Τα πουλιά πετούν νότια το φθινόπωρο."]
    foreign = measure_texts(smollm, greek)
    assert said.tokens_per_word.value < 1.5 < 3 < foreign.tokens_per_word.value


def test_bits_per_byte_are_minus_log2_p_over_bytes(tiny: LanguageModel) -> None:
    found = measure_texts(tiny, NOTES)
    likelihood = tiny.log_likelihood(NOTES, MAX_TOKENS)
    expected = -likelihood.log_p.sum() / np.log(2) / likelihood.n_bytes.sum()
    assert found.bits_per_byte.value == pytest.approx(expected)
    assert found.values == {"bits per byte": found.bits_per_byte.value, "tokens per word": found.tokens_per_word.value}
    assert found.n == found.bits_per_byte.n == 4
    assert f"{likelihood.n_tokens.sum():,}" in found.bits_per_byte.note


def test_the_budget_limits_what_is_read_but_a_few_texts_always_are(tiny: LanguageModel) -> None:
    texts = ["x" * 50] * 100
    assert measure_texts(tiny, texts, n_texts=30, budget_tokens=10**6).n == 30
    assert measure_texts(tiny, texts, n_texts=30, budget_tokens=500).n == 10
    assert measure_texts(tiny, texts, n_texts=30, budget_tokens=1).n == LEAST_TEXTS


def test_texts_without_words_are_left_out(tiny: LanguageModel) -> None:
    assert measure_texts(tiny, ["", " \n", *NOTES]).n == 4
    with pytest.raises(ProbeError, match="there are 1"):
        measure_texts(tiny, ["", NOTES[0]])


def test_words_are_counted_between_spaces_and_per_ideograph() -> None:
    assert n_words("  one two,\nthree ") == 3
    assert n_words("東京 is big") == 4
    assert n_words("") == 0


def test_the_interval_of_a_ratio_covers_the_truth() -> None:
    rng = np.random.default_rng(0)
    held = 0
    for _ in range(400):
        bottom = rng.integers(20, 200, 40).astype(float)
        top = bottom * rng.gamma(9.0, 1.7 / 9.0, 40)
        found = ratio(top, bottom, 0.0, "bits per byte")
        held += found.low <= 1.7 <= found.high
    assert 0.84 <= held / 400 <= 0.95
