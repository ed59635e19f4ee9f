"""Prompts from a template, and contextual calibration against its plain formula."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.chat import Prompt, Reply
from probes.errors import ProbeError
from probes.prompting import (
    CONTENT_FREE,
    ZERO_SHOT,
    Example,
    Question,
    Template,
    balanced_examples,
    calibrated,
    log_shares,
    named_class,
    score,
)

SHOWN = (Example("It rained.", "weather"), Example("They won.\nAgain.", "sport"))


def test_an_example_is_the_question_with_its_answer() -> None:
    prompt = Template().prompt(["weather", "sport"], SHOWN, "Snow fell.\nA lot.")
    assert prompt.system == prompt.user == ""
    assert "classes: weather, sport." in prompt.begin
    assert "Text: It rained.\nClass: weather\n\nText: They won. Again.\nClass: sport\n\nText: Snow" in prompt.begin
    assert prompt.begin.endswith("Text: Snow fell. A lot.\nClass:")
    alone = Template().prompt(["weather", "sport"], [], "{labels} {examples} stay as they are")
    assert "\n\n\n" not in alone.begin and "Text: {labels} {examples} stay as they are\n" in alone.begin


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("{examples} {text}\nClass:", "lacks {labels}"),
        ("{labels} {text}\nClass:", "lacks {examples}"),
        ("{labels} {examples}\nClass:", "lacks {text}"),
        ("{labels} {labels} {examples} {text}\nClass:", "{labels} 2 times"),
        ("{labels} {examples} {text} {txt}\nClass:", "unknown field {txt}"),
        ("{examples}\n{text}\n{labels}\nClass:", "comes before"),
        ("{labels}\n{examples}\n{text}", "Nothing follows"),
        ("", "lacks {labels}"),
        ("{labels} {examples} {text}" + "\nword" * 1_000_000 + "\nClass:", "5,000,033 characters"),
        ("{labels} {examples} " + "{text}" * 1_000_000 + "\nClass:", "characters"),
        ("{labels} {examples} {text} {text.__class__.__mro__}\nClass:", "{text.__class__.__mro__}, and fields"),
        ("{labels} {examples} {text!r}\nClass:", "{text!r}"),
        ("{labels} {examples} {0!r} {text}\nClass:", "{0!r}"),
        ("{labels[0]} {examples} {text}\nClass:", "{labels[0]}"),
        ("{labels:>10} {examples} {text}\nClass:", "{labels:>10}"),
        ("{labels} {examples} {{text}}\nClass:", "{{text}}"),
        ("{labels} {examples} {text\nClass:", "lacks {text}"),
    ],
)
def test_a_template_says_what_is_wrong_with_it(text: str, cause: str) -> None:
    with pytest.raises(ProbeError) as raised:
        Template(text).check()
    assert cause in str(raised.value)
    assert Template(ZERO_SHOT).check().text == ZERO_SHOT


def test_what_stands_in_the_data_is_never_a_field() -> None:
    shown = [Example("{labels} and {text}", "{examples}")]
    prompt = Template().prompt(["{examples}", "{text}"], shown, "{labels} {0.__class__} {")
    assert prompt.begin.startswith("Classify the text into one of these classes: {examples}, {text}.")
    assert prompt.begin.count("{labels} and {text}") == 1
    assert prompt.begin.endswith("Text: {labels} {0.__class__} {\nClass:")
    kept = 'Answer as {"class": "..."} or {} or {1, 2}: {labels}\n{examples}\n{text}\nClass:'
    assert Template(kept).check().text == kept


@given(st.lists(st.lists(st.floats(-50, 0), min_size=3, max_size=3), min_size=1, max_size=5))
def test_calibration_is_the_papers_formula(rows: list[list[float]]) -> None:
    log_p, empty = np.array(rows), np.array([[-1.0, -3.0, -2.0], [-2.0, -2.0, -5.0]])
    p = np.exp(log_p) / np.exp(log_p).sum(axis=1, keepdims=True)
    bias = (np.exp(empty) / np.exp(empty).sum(axis=1, keepdims=True)).mean(axis=0)
    expected = (p / bias) / (p / bias).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(np.exp(calibrated(log_p, empty)), expected, atol=1e-9)
    np.testing.assert_allclose(np.exp(log_shares(log_p)).sum(axis=1), 1)


class Biased:
    """Says class 1 whatever it reads, a little less where the text names class 0; counts what it is asked."""

    name, identity = "biased", "biased"

    def __init__(self) -> None:
        self.asked: list[int] = []

    def option_log_p(self, prompts: Sequence[Prompt], options: Sequence[str]) -> np.ndarray:
        self.asked.append(len(prompts))
        last = [prompt.begin.rpartition("Text:")[2] for prompt in prompts]
        return np.array([[-3.0 + 2.0 * ("yes" in text), -0.5, *[-9.0] * (len(options) - 2)] for text in last])

    def generate(
        self, prompts: Sequence[Prompt], max_new_tokens: int = 32, stop: Sequence[str] = ("\n",)
    ) -> list[Reply]:
        return [Reply("The class is Sport.", None, 1, 1) for _ in prompts]


class Writing(Biased):
    """Gives no probabilities."""

    def option_log_p(self, prompts: Sequence[Prompt], options: Sequence[str]) -> np.ndarray:
        raise ProbeError("none")


def test_a_bias_is_divided_out_and_examples_shared_are_asked_together() -> None:
    model = Biased()
    questions = [Question("yes"), Question("no"), Question("yes", SHOWN)]
    found = score(model, Template(), ["a", "b"], questions)
    assert found.raw.argmax(axis=1).tolist() == [1, 1, 1]
    assert found.calibrated.argmax(axis=1).tolist() == [0, 0, 0] or found.calibrated[0, 0] > found.calibrated[1, 0]
    assert found.calibrated[0, 0] > -0.2
    assert model.asked == [2 + len(CONTENT_FREE), 1 + len(CONTENT_FREE)]
    plain = score(model, Template(), ["a", "b"], questions, calibrate=False)
    np.testing.assert_array_equal(plain.raw, plain.calibrated)


def test_classes_out_of_question_have_no_probability() -> None:
    found = score(Biased(), Template(), ["a", "b", "c", "d"], [Question("yes", (), (3, 1))])
    assert np.isinf(found.raw[0, [0, 2]]).all() and np.isfinite(found.calibrated[0, [1, 3]]).all()


def test_a_model_without_probabilities_is_asked_to_write() -> None:
    found = score(Writing(), Template(), ["weather", "sport", "news"], [Question("x")])
    assert found.calibrated.argmax(axis=1).tolist() == [1] and np.exp(found.raw).sum() == pytest.approx(1)
    assert named_class("I do not know", ["weather", "sport"]) is None


def test_examples_take_the_classes_in_turn() -> None:
    labels = np.array([0] * 50 + [1] * 5 + [2] * 1)
    chosen = balanced_examples(labels, 3, most=8)
    assert sorted(np.bincount(labels[chosen]).tolist()) == [1, 3, 4] and len(set(chosen)) == 8
    assert len(balanced_examples(labels, 3, most=2)) == 2
    assert len(balanced_examples(np.array([1]), 2)) == 1
