"""Prompts for questions, and answers made plain."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from probes.asking import Wording, choices_among, grounding, tidied, wording
from probes.reading import normalised


@given(st.text(max_size=60), st.lists(st.text(max_size=40), max_size=3))
def test_a_prompt_holds_the_question_and_the_passages_whatever_they_say(question: str, passages: list[str]) -> None:
    prompt = Wording("Be short.", "{passages} | {question}", "Well,").prompt(question, passages)
    assert prompt.user.endswith(f" | {question}") or "{question}" in "".join(passages)
    assert prompt.begin == "Well," and prompt.system == "Be short."


def test_the_usual_wordings_ask_by_heart_and_from_text() -> None:
    by_heart, from_text = wording(False), wording(True)
    assert "Who?" in by_heart.prompt("Who?").begin
    assert from_text.prompt("Who?", ["She did."]).begin.index("She did.") < from_text.prompt("Who?", ["x"]).begin.index(
        "Who?"
    )


def test_choices_are_named_where_all_answers_are_among_a_few() -> None:
    assert choices_among([["Yes"], ["no"], ["Yes."]] * 10) == ("yes", "no")
    assert choices_among([[f"answer {i}"] for i in range(30)]) == ()
    assert choices_among([["yes"]] * 3 + [["no"]]) == ()  # too few questions to call it a choice
    assert "yes or no" in wording(True, ("yes", "no")).system


@given(st.text(max_size=80))
def test_a_tidied_answer_is_a_part_of_the_reply(reply: str) -> None:
    assert normalised(tidied(reply)) in normalised(reply)


def test_grounding_counts_the_words_that_stand_in_the_passages() -> None:
    assert grounding("the year 1867", ["born in 1867"]) == 0.5
    assert grounding("", ["anything"]) == 1.0
