"""Prompts for questions, and answers made plain."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from probes.qa_prompts import QuestionPrompt, choices_among, tidied, usual_prompt
from probes.reading import normalised


@given(st.text(max_size=60), st.lists(st.text(max_size=40), max_size=3))
def test_a_prompt_holds_the_question_and_the_passages_whatever_they_say(question: str, passages: list[str]) -> None:
    prompt = QuestionPrompt("Be short.", "{passages} | {question}", "Well,").prompt(question, passages)
    assert prompt.user.endswith(f" | {question}") or "{question}" in "".join(passages)
    assert prompt.begin == "Well," and prompt.system == "Be short."


def test_the_usual_prompts_are_closed_book_and_open_book() -> None:
    closed_book, open_book = usual_prompt(False), usual_prompt(True)
    assert "Who?" in closed_book.prompt("Who?").begin
    assert open_book.prompt("Who?", ["She did."]).begin.index("She did.") < open_book.prompt("Who?", ["x"]).begin.index(
        "Who?"
    )


def test_choices_are_named_where_all_answers_are_among_a_few() -> None:
    assert choices_among([["Yes"], ["no"], ["Yes."]] * 10) == ("yes", "no")
    assert choices_among([[f"answer {i}"] for i in range(30)]) == ()
    assert choices_among([["yes"]] * 3 + [["no"]]) == ()  # too few questions to call it a choice
    assert "yes or no" in usual_prompt(True, ("yes", "no")).system


@given(st.text(max_size=80))
def test_a_tidied_answer_is_a_part_of_the_reply(reply: str) -> None:
    assert normalised(tidied(reply)) in normalised(reply)


def test_a_passage_that_speaks_of_a_field_stays_as_it_is() -> None:
    prompt = QuestionPrompt("", "Text: {passages}\n{question}").prompt("Why {passages}?", ["Write {question} here."])
    assert prompt.user == "Text: Write {question} here.\nWhy {passages}?"
