"""The decision record: nothing is lost in JSON, nothing of the user's is mark-up, every number is there."""

from __future__ import annotations

import re
import shlex
from html.parser import HTMLParser
from pathlib import Path

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt  # rich, which typer needs, brings it

from advisor import api
from advisor.advice.comparison import basis
from advisor.advice.outlook.cost import priced
from advisor.advice.record.decision import DecisionRecord, asked, decision_record
from advisor.advice.record.written import bars, escaped, html, markdown, written
from advisor.advice.wishes import checked_target
from advisor.cli.main import app, main, whole_advise
from advisor.core import wording
from advisor.core.errors import AdviceError
from advisor.core.records import Constraints, Goal, Prices
from advisor.core.shown import visible
from tests.advice import decision_records as made

ALLOWED = set("html head meta title style body h1 h2 p svg g text line circle section table thead tbody tr th td "
              "pre".split())  # fmt: skip


@pytest.fixture
def record(workspace: Path) -> DecisionRecord:
    """A decision about a dataset with hostile names."""
    return made.record(workspace)


class Page(HTMLParser):
    """The elements, the attributes and the text of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.words = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.words += data


def test_json_reads_itself_back(record: DecisionRecord, tmp_path: Path) -> None:
    (tmp_path / "decision.json").write_text(written(record, "json"))
    assert DecisionRecord.load(tmp_path / "decision.json") == record
    assert DecisionRecord.load(record.save(tmp_path / "saved.json")) == record


def test_the_users_words_are_no_mark_up_in_html(record: DecisionRecord) -> None:
    page = Page(html(record))
    assert page.tags <= ALLOWED
    assert not {name for name in page.attributes if name.startswith("on")} | ({"src", "href"} & page.attributes)
    for words in (made.NAME, made.FINDING, "Nearest <b>neighbours</b>", "Rests on <u>this</u>."):
        assert words in page.words


def test_the_users_words_are_no_mark_up_in_markdown(record: DecisionRecord) -> None:
    page = Page(MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(markdown(record)))
    assert page.tags <= {"h1", "h2", "p", "table", "thead", "tbody", "tr", "th", "td", "pre", "code"}
    for words in (
        made.NAME,
        made.FINDING,
        "A note | with a bar.",
        record.plan.model_dump_json(indent=1, exclude={"situation"}),
    ):
        assert words in page.words


@given(st.text(max_size=80))
def test_escaped_words_come_out_of_markdown_as_they_went_in(words: str) -> None:
    plain = " ".join(visible(words).split())
    shown = Page(MarkdownIt("commonmark").render(f"x {escaped(words)}"))
    assert " ".join(shown.words.split()) == f"x {plain}".strip()
    assert shown.tags == {"p"}
    assert Page(MarkdownIt("commonmark").render(escaped(words))).tags <= {"p"}


@pytest.mark.parametrize("form", ["md", "html"])
def test_every_number_is_written_with_its_n_interval_and_provenance(record: DecisionRecord, form: str) -> None:
    text = written(record, form)  # type: ignore[arg-type]
    for e in record.advice.estimates:
        if e.value is not None and e.low is not None and e.high is not None:
            assert f"{100 * e.value:.1f} %" in text
            assert f"{100 * e.low:.1f} to {100 * e.high:.1f} %" in text
            assert f"{basis(e)}, n = {e.n:,}" in text
            assert wording.chance(e.p_target or 0.0) in text and f"{e.utility or 0.0:.1f}" in text
            assert wording.amount(sum(e.costs.values()), "EUR") in text
        assert e.reason in text
    for known in record.known:
        number = known.number
        assert f"{100 * number.value:.1f} %" in text and f"{100 * number.low:.1f} to" in text
    assert "From about 180 labels per class on" in text and "90 to 400" in text
    assert "From scratch needs 3.2 times the labels." in text
    for digest in (record.subject.fingerprint, record.backbone_hash, record.versions["torch"]):
        assert digest in text


def test_question_prices_and_constraints_are_told(record: DecisionRecord) -> None:
    text = markdown(record)
    assert "Asked for: 92.5 % accuracy." in text and "| Predictions a month | 1,000,000 |" in text
    assert "It must run without a GPU. Longest prediction: 50 ms." in text
    assert "| One more label | 0.50 EUR |" in text and "| Months of use | 12 |" in text
    assert "One kilowatt-hour" not in text, "it was not given"
    assert "With a tolerance of 0.4 points a step or less, fine-tuning would be recommended." in text
    assert "| tolerance | 1 points a step | 0.4 points a step |" in text


@pytest.mark.parametrize(
    ("goal", "words"),
    [
        (Goal(), "the cheapest rung that is nearly as good, up to 1 point behind for each step of the ladder."),
        (Goal(tolerance=0.5), "the cheapest rung that is nearly as good, up to 0.5 points behind for each step of the"),
        (Goal(tolerance=0.0), "the best model."),
    ],
)
def test_without_prices_the_record_says_what_was_needed_and_nothing_of_money(
    workspace: Path, goal: Goal, words: str
) -> None:
    read = made.dataset(workspace)
    plain = made.advice()
    estimates = priced([e.model_copy(update={"price_per_1000": None}) for e in plain.estimates], goal, 8)
    advice = plain.model_copy(update={"question": goal, "estimates": estimates})
    text = markdown(decision_record(read, None, made.evidence(), advice, made.plan(read.folder)))
    assert f"Asked for: {words}" in text
    assert not re.search(r"\b([Pp]rices?|EUR|[Uu]tility|[Uu]pkeep|[Cc]osts? of|Total cost|currency)\b", text)


def test_the_page_needs_nothing_from_elsewhere(record: DecisionRecord) -> None:
    page = html(record)
    assert "@import" not in page and "url(" not in page and "<link" not in page and "<script" not in page
    assert "@media print" in page


def test_the_picture_orders_low_value_and_high(record: DecisionRecord) -> None:
    shown = bars(record)
    assert len(shown) == 4 and sum(bool(bar["chosen"]) for bar in shown) == 1
    assert all(150 <= bar["low"] <= bar["value"] <= bar["high"] <= 540 for bar in shown)


def test_the_commands_are_read_by_the_command_line_as_they_are_meant(record: DecisionRecord) -> None:
    program, name, *words = shlex.split(record.commands[0])
    read = whole_advise().make_context(name, words).params
    assert (program, read["path"], read["text_column"]) == ("advisor", "/data/my hot; set.csv", "the text")
    assert checked_target(read["target"]) == 0.925  # words on the command line, so that "92.5%" can be read too
    names = ("budget", "point", "label", "predictions_per_month", "currency", "no_gpu", "latency_ms", "tolerance")
    assert {name: read[name] for name in names} == {
        "budget": 120, "point": 40.0, "label": 0.5, "predictions_per_month": 1_000_000, "currency": "EUR",
        "no_gpu": True, "latency_ms": 50.0, "tolerance": 1.0,
    }  # fmt: skip
    assert read["kwh"] is None and read["rungs"] is None
    _, name, *words = shlex.split(record.commands[1])
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    read = commands[name].make_context(name, words).params
    assert (read["rung"], read["budget"], read["seed"], read["device"]) == ("frozen", 90.0, 7, "auto")


def test_every_price_and_constraint_is_asked_for_again(workspace: Path) -> None:
    prices = Prices(point=1.5, rung=2, hour=3, label=4, kwh=5, token=6, predictions_per_month=7, months=8,
                    currency="CHF")  # fmt: skip
    musts = Constraints(weights_fixed=True, knowledge_changes=True, local_only=True, no_gpu=True, latency_ms=9,
                        deadline_seconds=10)  # fmt: skip
    data = made.dataset(workspace)
    words = shlex.split(asked(data, Goal(tolerance=0.0, prices=prices, constraints=musts)))
    read = whole_advise().make_context("advise", words[2:]).params
    assert read["tolerance"] == 0.0
    for wishes in (prices, musts):
        every = wishes.model_dump(exclude={"schema_version"})
        assert {name: read[name] for name in every} == every
    assert asked(data, Goal()).endswith("--text-column 'the text'")


@pytest.mark.parametrize("other", ["advice", "evidence", "plan"])
def test_parts_about_another_dataset_are_refused(workspace: Path, other: str) -> None:
    read = made.dataset(workspace)
    parts = {"evidence": made.evidence(), "advice": made.advice(), "plan": made.plan(read.folder)}
    parts[other] = parts[other].model_copy(update={"fingerprint": "0" * 64})
    with pytest.raises(AdviceError, match=f"This {other} is about another dataset"):
        decision_record(read, None, **parts)  # type: ignore[arg-type]


def test_the_command_writes_a_file_or_to_stdout(
    record: DecisionRecord, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(api, "read", lambda path, **_: path)
    monkeypatch.setattr(api, "decision_record", lambda *_, **__: record)
    monkeypatch.setattr("sys.argv", ["advisor", "record", "x", "--format", "html", "--out", str(tmp_path / "a.html")])
    with pytest.raises(SystemExit) as ended:
        main()
    assert not ended.value.code
    assert (tmp_path / "a.html").read_text() == html(record)
    monkeypatch.setattr("sys.argv", ["advisor", "record", "x"])
    with pytest.raises(SystemExit):
        main()
    assert capfd.readouterr().out == markdown(record)
