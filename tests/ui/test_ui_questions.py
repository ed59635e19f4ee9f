"""Questions over documents on every page, from records whose words are Markdown and HTML."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any, get_args

import pytest
from streamlit.testing.v1 import AppTest

from advisor import api as line
from advisor.core.records import Advice, Answer, Dataset, Evidence, Kind, Passage, Plan, RunReport
from advisor.llm.endpoint import EndpointSettings
from advisor.llm.models import ENDPOINT, chat_model
from advisor.runs import store
from advisor.runs.answer_threshold import AnswerThreshold
from advisor.runs.report import answering as tested
from advisor.ui import ask, how_trained, language, parts, passages, work
from advisor.ui.arriving import preview
from advisor.ui.charts import answering
from advisor.ui.instruments import answering as instrument
from advisor.ui.tasks import answering as answering_task
from probes import failures
from probes.measured import Measured
from probes.reading import LOOPED
from tests.ui.qa_records import OUTCOMES, PASSAGE, TITLES
from tests.ui.ui_records import opened, sentences, spaced, unfolded, written

APP = Path(__file__).parents[2] / "app.py"
FOUND = Measured(value=0.9, low=0.8, high=0.95, n=26, seconds=0.0)
MARKDOWN = ("markdown", "caption", "button", "title", "header", "subheader", "error", "warning", "info", "metric")


def shown(app: AppTest) -> str:
    """All words of the page that do not pass through Markdown."""
    return "\n".join(spaced(element.value) for element in (*app.text, *app.html))


@pytest.mark.parametrize("page", ["profile", "evidence", "advice", "run"])
def test_hostile_words_never_reach_markdown_or_become_html(
    questions: Dataset, write_run: Callable[..., str], page: str
) -> None:
    address = {"run": write_run(questions, "done")} if page == "run" else {"data": questions.fingerprint[:16]}
    app = opened(page, **address)
    marked_up = "\n".join(str(element.value) for name in MARKDOWN for element in getattr(app, name))
    for hostile in (*TITLES, questions.name, "<script>", "*number*", "**answer**"):
        assert hostile not in marked_up
    assert all("<script" not in text for text in sentences(app))


def test_every_option_of_the_data_page_is_one_that_reading_takes() -> None:
    assert {*work.FIELDS, "kind"} <= set(inspect.signature(line.read).parameters)
    assert set(preview.KINDS) == set(get_args(Kind))


def test_the_profile_counts_questions_documents_and_what_is_not_answered(questions: Dataset) -> None:
    app = opened("profile", data=questions.fingerprint[:16])
    assert "30 questions over 3 documents; 3 have no answer there" in written(app)
    (examples,) = (str(one.value) for one in app.html if "Some questions with" in str(one.value))
    rows = [[unescape(cell) for cell in re.findall("<td[^>]*>([^<]*)</td>", row)] for row in examples.split("<tr>")[2:]]
    assert len(rows) == 12 and all(row[2] != "not in the documents" for row in rows)
    known = {spaced(text) for text in questions.items["text"].iloc[questions.where("train", "val")]}
    assert {spaced(row[0]) for row in rows} <= known
    documents = app.dataframe[0].value
    assert documents["Title"].tolist() == list(TITLES)
    assert documents["Questions"].sum() == 27


@pytest.mark.parametrize("changes", [{}, {"rung": "prompting"}, {"recall_at_5": None}])
def test_a_result_is_judged_beside_refusing_every_question(
    questions: Dataset, write_run: Callable[..., str], changes: dict[str, Any]
) -> None:
    status = store.status(write_run(questions, "done"))
    report, plan = RunReport.load(status.files.report).model_copy(update=changes), Plan.load(status.files.plan)
    assert "refusing" not in answering_task.answer_of(report).lower()

    def beside(refusing: float) -> str:
        said = tested.sentences(plan, report.test, report.test.n, report.outcomes, refusing)
        return answering_task.answer_of(report.model_copy(update={"refusing": refusing, "sentences": said}))

    worse, better = beside(0.6), beside(0.2)
    assert worse.lower().count("refusing") == better.lower().count("refusing") == 1
    assert "That is less than refusing every question would score: 60.0 %." in worse
    assert "Refusing every question would score 20.0 %." in better


@pytest.mark.parametrize(
    ("k", "said"),
    [(1, "Only the first of these is read."), (3, "Only the first 3 of these are read."), (5, ""), (None, "")],
)
def test_a_result_says_how_many_passages_are_read(
    questions: Dataset, write_run: Callable[..., str], k: int | None, said: str
) -> None:
    status = store.status(write_run(questions, "done"))
    status.files.resolved.write_text(json.dumps({"n_passages": 9, **({"k": k} if k else {})}))
    report = RunReport.load(status.files.report).model_copy(update={"recall_at_5": FOUND, "served": "rag"})
    sentence = answering_task.answer_of(report)
    assert said in sentence and ("Only the first" in sentence) == bool(said)


def test_the_evidence_says_first_how_often_the_passage_is_found_then_how_it_is_read(questions: Dataset) -> None:
    app = unfolded(opened("evidence", data=questions.fingerprint[:16]))
    assert "among the first five for 90.0 % of 24 questions. From the passages, m reaches 50.0 %" in written(app)
    heads = [heading.value for heading in app.subheader]
    assert heads[:3] == ["Is the right passage found?", "Does the model read it right?", "What does it answer?"]
    assert "in 8 the right passage was found but misread, and in 4 it was not among those read." in written(app)
    assert "it lacks knowledge most" in written(app) and "A remark." in written(app)
    table = app.dataframe[0].value
    assert table["Answer"].tolist() == ["forty-two", "*six*"]
    assert table["Outcome"].tolist()[1] == "passage found: misread"


def test_refusing_every_question_is_the_baseline_of_the_picture(questions: Dataset) -> None:
    share = instrument.refusing(questions)
    rows = questions.where("train", "val")
    assert share == sum(answers == "[]" for answers in questions.items["answers"].iloc[rows]) / len(rows)
    figure = answering.knowledge([("closed-book", number(0.1))], "token F1", "", 0.2)
    assert figure.layout.shapes[0].x0 == 0.2
    assert "refusing every question" in figure.layout.annotations[0].text
    assert not answering.knowledge([("closed-book", number(0.1))], "token F1").layout.shapes


def test_with_few_questions_reading_is_not_judged(questions: Dataset) -> None:
    evidence = Evidence.load(questions.files.evidence)
    few = tuple(
        one.model_copy(update={"measured": one.measured.model_copy(update={"n": 8})}) for one in evidence.results
    )
    said = instrument.answer(evidence.model_copy(update={"results": few}))
    assert "too early to tell: there was time for 8 questions" in said and "longer budget" in said


def test_the_result_shows_exact_match_and_which_failed(questions: Dataset, write_run: Callable[..., str]) -> None:
    run = write_run(questions, "done")
    (store.directory(run) / "resolved.json").write_text(json.dumps({"k": 1, "race": []}))
    app = opened("run", run=run)
    said = shown(app)
    assert said.count(failures.sentence(OUTCOMES)) == 1
    assert "A sentence of the rung." in said
    assert app.dataframe[0].value["Accepted"].tolist() == ["forty-two"]
    assert app.chat_input(key=f"question-{run}").placeholder == "Ask the documents"


def test_the_passage_that_is_found_comes_before_what_a_model_makes_of_it(
    questions: Dataset, write_run: Callable[..., str]
) -> None:
    run = write_run(questions, "done")
    report = RunReport.load(store.status(run).files.report).model_copy(
        update={"recall_at_5": number(0.92), "outcomes": {"right": 1, "misread": 4}}
    )
    report.save(store.status(run).files.report)
    app = opened("run", run=run)
    assert app.title[0].value == "Finds the right passage for 37 of 40 questions"
    said = shown(app)
    assert said.index("among the first five for 92.0 % (87.0 to 97.0 %)") < said.index("answers 1 of 5 questions right")
    assert "Token F1 is 50.0 %" in said
    assert "a larger language model reads better" in said
    advice = shown(opened("advice", data=questions.fingerprint[:16]))
    assert advice.index("among the first five for 90.0 %") < advice.index(Advice.load(questions.files.advice).headline)


def test_a_question_without_a_model_is_told_in_a_sentence(questions: Dataset, write_run: Callable[..., str]) -> None:
    run = write_run(questions, "done")
    app = opened("run", run=run)
    app.button(key=f"own-{run}").click().run()
    assert not app.exception
    assert any("has no model yet" in text.value for text in app.text)


def test_a_conversation_keeps_what_was_asked_before(questions: Dataset) -> None:
    def page(fingerprint):  # type: ignore[no-untyped-def]  # its source alone is run: no name from here
        from advisor.core.records import Answer
        from advisor.ui import ask

        ask.draw("talk", fingerprint, lambda question: Answer(input=question, text=question[::-1], supported=False))

    app = AppTest.from_function(page, args=(questions.fingerprint,)).run()
    for question in ("Who <b>was</b> it?", "*When*?"):
        app.chat_input(key="question-talk").set_value(question).run()
    assert not app.exception
    assert [message.name for message in app.chat_message] == ["user", "assistant"] * 2
    assert [text.value for text in app.text][::2] == ["Who <b>was</b> it?", "*When*?"]
    assert app.text[3].value.endswith("would say: ?*nehW*")
    app.button(key="clear-talk").click().run()
    assert not app.chat_message


def test_the_page_of_a_pdf_stands_beside_its_passage() -> None:
    passage = Passage(document="a.pdf", title="A", text=PASSAGE, start=5, end=90, score=0.9, page=12)
    assert passages.place(passage) == "A · a.pdf, page 12"


def reply_page(answer: Answer, accepted: tuple[str, ...] = (), threshold: AnswerThreshold | None = None) -> AppTest:
    """The page of one answer."""

    def page(answer, accepted, threshold):  # type: ignore[no-untyped-def]  # its source alone is run: no name from here
        from advisor.ui import ask

        ask.reply(ask.Turn(answer.input, accepted, answer), threshold)

    app = AppTest.from_function(page, args=(answer, accepted, threshold)).run()
    assert not app.exception
    return app


def cited(text: str = PASSAGE, likely: str = "", title: str = "Rungs") -> Passage:
    """A passage as a model cites it."""
    return Passage(document="doc-1", title=title, text=text, start=5, end=90, score=0.9, likely=likely)


def test_the_passage_leads_where_nobody_knows_how_often_the_model_is_right() -> None:
    passage = cited(f"It is open. {PASSAGE}", PASSAGE, TITLES[0])
    answer = Answer(input="What?", text="forty-two", supported=True, probability=0.9, passages=(passage,))
    said = shown(reply_page(answer, ("41",)))
    assert said.index("likely answers is marked") < said.index("<mark") < said.index("It would say: forty-two")
    assert "characters" not in said
    assert "Accepted: 41. The passage does not have it word for word; the model's words are wrong." in unescape(said)
    right = unescape(shown(reply_page(answer, ("forty-two",))))
    assert "Accepted: forty-two. The passage has it; the model's words are right." in right


@pytest.mark.parametrize(
    ("probability", "text", "leads"), [(0.7, "forty-two", True), (0.4, "forty-two", False), (0.7, "ten", False)]
)
def test_an_answer_leads_only_where_it_is_likely_and_the_passage_has_its_words(
    probability: float, text: str, leads: bool
) -> None:
    answer = Answer(input="What?", text=text, supported=True, probability=probability, passages=(cited(),))
    said = shown(reply_page(answer, threshold=AnswerThreshold(40, 25, 0.6)))
    assert said.index(f">{text}</p>") < said.index("<blockquote") if leads else f">{text}</p>" not in said
    assert ("The model is not sure of the words" in said) == (not leads)
    assert ("(not in the passage)" in said) == (text == "ten")


def test_the_words_of_an_unsure_model_stand_out_in_the_passage_without_moving_the_mark() -> None:
    passage = cited("It is open. The limit is 4 GB.", "It is open.")
    answer = Answer(input="What?", text="4 GB", supported=True, probability=0.2, passages=(passage,))
    said = shown(reply_page(answer))
    assert "<strong>4 GB</strong>" in said and ">It is open.</mark>" in said


def test_a_model_that_is_never_right_half_the_time_says_how_often_it_was() -> None:
    answer = Answer(input="What?", text="forty-two", supported=True, probability=0.99, passages=(cited(),))
    said = shown(reply_page(answer, threshold=AnswerThreshold(26, 1)))
    assert "It would say: forty-two (1 of its 26 answers to test questions was right)" in said


def test_the_next_best_passages_can_be_opened() -> None:
    answer = Answer(
        input="What?", text="ten", supported=True, passages=(cited(),), further=(cited("Two."), cited("3."))
    )
    app = reply_page(answer)
    assert app.expander[0].label == "2 further passages"
    assert "Two." in shown(app)


def test_an_answer_that_repeats_itself_is_left_out_and_the_passage_leads() -> None:
    passage = cited(f"# {PASSAGE}")
    looping = "The answer is: " * 9
    said = shown(reply_page(Answer(input="What?", text=looping, supported=True, probability=0.52, passages=(passage,))))
    assert "The answer is" not in said and "probability" not in said
    assert said.index("is forty-two, says") < said.index(LOOPED)
    assert "# The" not in said
    assert LOOPED in shown(reply_page(Answer(input="Who?", text=looping, supported=False)))


def test_what_is_not_in_the_documents_is_said_plainly() -> None:
    passage = Passage(document="doc-1", title="", text=PASSAGE, start=0, end=9, score=0.1)
    answer = Answer(input="Who?", text="not in the documents", supported=False, passages=(passage,))
    app = reply_page(answer, (ask.NONE,))
    assert "This is not in the documents" in shown(app)
    assert "That is right." in shown(app)
    assert app.expander[0].label == "The nearest passages"


def test_a_closed_book_answer_says_that_nothing_supports_it() -> None:
    said = shown(reply_page(Answer(input="Who?", text="Curie", supported=False)))
    assert "Curie" in said
    assert "no passage supports it" in said
    assert "This is not in the documents" not in said


def test_a_mark_never_lets_html_through() -> None:
    shown = parts.marked("a <b>x</b>", ["<b>"])
    assert shown.startswith("a <mark")
    assert shown.endswith(">&lt;b&gt;</mark>x&lt;/b&gt;")
    assert parts.marked("İstanbul <i>", ["istanbul"]) == "İstanbul &lt;i&gt;"  # lower-casing changes its length


def number(value: float) -> Measured:
    """A measured share."""
    return Measured(value=value, low=value - 0.05, high=value + 0.05, n=40, seconds=1.0)


def test_the_first_picture_keeps_the_order_of_the_ladder() -> None:
    figure = answering.knowledge([("closed-book", number(0.1)), ("found", number(0.5))], "token F1", "found")
    assert figure.data[0].y[0] > figure.data[0].y[1]  # closed-book on top
    assert figure.layout.xaxis.title.text == "Token F1"
    assert figure.data[0].marker.color[0] != figure.data[0].marker.color[1]


def test_recall_has_a_line_for_each_way_and_the_interval_that_was_measured() -> None:
    found = {way: {"recall@1": 0.5, "recall@5": 0.9, "mrr": 0.6} for way in ("hybrid", "words", "dense")}
    figure = answering.recall(found, 40, number(0.9))
    assert [line.name for line in figure.data] == ["hybrid", "by words", "by meaning"]
    assert list(figure.data[0].error_y.array) == pytest.approx([0, 0.05])
    assert list(figure.data[1].error_y.array) == [0, 0]


def test_outcomes_that_did_not_occur_are_not_drawn() -> None:
    figure = answering.outcomes({"right": 3, "misread": 1, "not found": 0})
    assert list(figure.data[0].x) == [1, 3]
    assert figure.data[0].text[1] == "3 (75 %)"


def test_a_race_names_its_candidates_and_skips_what_diverged() -> None:
    laps: list[dict[str, Any]] = [
        {"learning_rate": 1e-4, "depth": 1.0, "adapters": False, "steps": 10, "value": 0.6, "loss": 1.0},
        {"learning_rate": 1e-4, "depth": 1.0, "adapters": False, "steps": 20, "value": 0.7, "loss": 0.8},
        {"learning_rate": 1e-1, "depth": 0.5, "adapters": False, "steps": 10, "value": 0.1, "loss": None},
    ]
    figure = how_trained.race(laps)
    assert [line.name for line in figure.data] == [
        "all layers at learning rate 0.0001",
        "top 50 % of the blocks at learning rate 0.1",
    ]
    assert list(figure.data[0].y) == [1.0, 0.8]
    assert not figure.data[1].y
    assert how_trained.race_row(laps[2])["Loss"] == "diverged"


def test_the_key_of_an_endpoint_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    secret = "sk-very-secret-0123"
    monkeypatch.setenv("ADVISOR_LLM_BASE_URL", "http://127.0.0.1:9/v1?token=hidden")
    monkeypatch.setenv("ADVISOR_LLM_MODEL", "*a* <b>model</b>")
    monkeypatch.setenv("ADVISOR_LLM_API_KEY", secret)
    monkeypatch.setenv("ADVISOR_LLM_PRICE_IN", "0.15")
    app = opened("machine")
    everything = str([element.value for element in (*app.text, *app.html, *app.markdown, *app.code, *app.dataframe)])
    assert secret not in everything
    assert "hidden" not in everything
    facts = language.facts_of(EndpointSettings.configured())
    assert facts["Key"] == "set" and "money is not counted" in facts["Price of a million tokens"]
    assert all(any(value in spaced(element.value) for element in app.html) for value in facts.values())
    asked = [chat_model(ENDPOINT).model for _ in range(2)]
    assert asked[0] is asked[1]  # one client, so that the tokens of all questions are counted and limited together
    assert language.title(ENDPOINT) == "*a* <b>model</b> at 127.0.0.1:9"


def test_without_an_endpoint_the_page_says_how_to_set_one(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ADVISOR_LLM_BASE_URL", "ADVISOR_LLM_MODEL", "ADVISOR_LLM_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    app = opened("machine")
    assert any("No endpoint is configured" in text.value for text in app.text)
    assert any("ADVISOR_LLM_BASE_URL" in code.value for code in app.code)
