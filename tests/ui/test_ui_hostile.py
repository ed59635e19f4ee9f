"""Names, labels and texts that are HTML, Markdown, formulas or control characters: none has an effect anywhere."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from google.protobuf.message import Message  # type: ignore[import-untyped]
from markdown_it import MarkdownIt
from streamlit.testing.v1 import AppTest

from advisor import api
from advisor.advice.record.decision import decision_record
from advisor.advice.record.written import written
from advisor.core.records import Advice, Dataset, Evidence, Mistake, Plan, Profile, RunReport
from advisor.core.shown import visible, without_formula
from advisor.core.workspace import RunFiles
from advisor.runs import notes, store
from advisor.ui import frame, parts, places
from advisor.ui.arriving import own
from tests.ui.conftest import finished, make_plan
from tests.ui.ui_records import opened, write_dataset

APP = Path(__file__).parents[2] / "app.py"
HOSTILE = (
    "<img src=x onerror=alert(1)>",
    "</script><script>alert(2)</script>",
    "[x](javascript:alert(3))",
    "![y](https://evil.example.org/z.png)",
    r"$\href{javascript:alert(4)}{x}$",
    ":material/home: :red[danger] :dog:",
    "**bold** `code` # title",
    "=HYPERLINK(\"http://evil.example.org\")",
    "@SUM(1+1)",
    "\x1b[31mred\x1b[0m\x07\x9b2J",
    "abc\u202egpj.exe",
    "<a href='https://evil.example.org'>link</a><br><b>x</b>",
    "| a | b |\n|---|---|\n{{ 7*7 }} {% x %} %{y} \\x3cb\\x3e &lt;b&gt;",
)  # fmt: skip


@pytest.fixture
def dataset(workspace: Path) -> Dataset:
    """Texts whose classes, words, keys and name are all hostile, with profile, evidence and advice."""
    n = 10 * len(HOSTILE)
    items = pd.DataFrame(
        {
            "key": [f"{HOSTILE[i % len(HOSTILE)]} {i}" for i in range(n)],
            "label": [i % len(HOSTILE) for i in range(n)],
            "text": [f"{HOSTILE[(i + 1) % len(HOSTILE)]} {HOSTILE[i % len(HOSTILE)]} {i}" for i in range(n)],
        }
    )
    return finished(write_dataset(workspace, "".join(HOSTILE[:4]), "text", HOSTILE, items))


@pytest.fixture
def done(dataset: Dataset, write_run: Callable[..., str]) -> str:
    """A finished run on them, wrong about every class."""
    run = write_run(dataset, "done")
    path = RunFiles(store.directory(run)).report
    report = RunReport.load(path)
    wrong = tuple(
        Mistake(key=HOSTILE[i], row=i, label=HOSTILE[i], predicted=HOSTILE[-i], probability=0.9) for i in range(8)
    )
    report.model_copy(update={"mistakes": wrong, "sentences": (*report.sentences, *HOSTILE)}).save(path)
    return run


def elements(node: Any) -> Iterator[Message]:
    """The message of every element of a page."""
    for child in getattr(node, "children", {}).values():
        yield from elements(child)
    if isinstance(getattr(node, "proto", None), Message):
        yield node.proto


def words(message: Message) -> Iterator[str]:
    """Every text in a message."""
    for field, value in message.ListFields():
        for one in value if field.is_repeated else [value]:
            if isinstance(one, Message):
                yield from words(one)
            elif isinstance(one, str):
                yield one


def kind(message: Message) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", message.DESCRIPTOR.name).lower()


def check(app: AppTest) -> int:
    """No hostile text stands in anything that is interpreted; returns how many elements were looked at."""
    found = list(elements(app.main)) + list(elements(app.sidebar))
    for message in found:
        for text in words(message):
            if kind(message) in ("html",):
                assert_harmless_html(text)
            elif kind(message) in ("plotly_chart",):
                if text == getattr(message, "alt", None):  # an attribute's value, which is read out and not interpreted
                    continue
                for label in strings(json.loads(text)) if text.startswith("{") else [text]:
                    assert_no_tag(label)
            elif kind(message) not in ("text", "arrow", "code", "text_area", "text_input", "selectbox", "dataframe"):
                assert not [word for word in HOSTILE if word in text or word.strip() in text], (kind(message), text)
    return len(found)


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for each in value.values():
            yield from strings(each)
    elif isinstance(value, list):
        for each in value:
            yield from strings(each)
    elif isinstance(value, str):
        yield value


#: The scripts that may run: that of the bar, with the title of a page, and that of the drop zone. Both are constants.
OURS = {own.PATHS, *(f"<script>/* {place.title} */ {frame.CLOSE_MENU}</script>" for place in places.PLACES)}


def assert_harmless_html(text: str) -> None:
    """Only the tags of the page's own pieces, and nothing that runs or loads."""
    if text in OURS:
        return
    table = {"div", "table", "thead", "tbody", "tr", "th", "td", "span", "ul", "li", "style"}
    text = re.sub(r' href="#[a-z]+"', "", text)  # the list of contents of a page
    plain = {"p", "blockquote", "mark", "nav", "a"}
    assert set(re.findall(r"<\s*/?\s*([a-zA-Z!][\w-]*)", text)) <= plain | table, text
    assert not re.findall(r"<[^>]*\s(on\w+|href|src)\s*=", text), text
    assert "\x1b" not in text and "\u202e" not in text


def assert_no_tag(label: str) -> None:
    """Plotly reads tags and entities in labels; only its own line breaks and bold type may stand there."""
    assert not re.findall(r"<(?!/?(?:b|br|extra)/?>)", label), label
    assert "href" not in html.unescape(label).replace(r"\href", "") or "&lt;" in label, label


@pytest.mark.parametrize("page", [place.name for place in places.PLACES if place.name != "score"])
def test_no_page_interprets_a_users_words(dataset: Dataset, done: str, page: str) -> None:
    assert check(opened(page, data=dataset.fingerprint[:16], run=done)) > 3


def test_no_comparison_interprets_them(dataset: Dataset, write_run: Callable[..., str]) -> None:
    runs = [write_run(dataset, "done") for _ in range(2)]
    rows = dataset.where("test")
    truth = dataset.labels[rows]
    for run, predicted in zip(runs, (truth, (truth + 1) % len(dataset.classes)), strict=True):
        table = pd.DataFrame({"row": rows, "truth": truth, "predicted": predicted, "probability": 0.9})
        table.to_parquet(store.status(run).files.predictions)
        notes.change(store.directory(run), name=HOSTILE[0][: notes.MOST_NAME], note=" ".join(HOSTILE))
    assert check(opened("runs", compare=",".join(runs))) > 3
    assert check(opened("runs")) > 3


@pytest.mark.parametrize("state", ["failed", "stopped", "queued"])
def test_no_unfinished_run_interprets_them(dataset: Dataset, write_run: Callable[..., str], state: str) -> None:
    run = write_run(dataset, state, cause=" ".join(HOSTILE))
    (store.directory(run) / "log.txt").write_text("\n".join(HOSTILE))
    assert check(opened("run", data=dataset.fingerprint[:16], run=run)) > 3
    assert check(opened("runs")) > 3


@pytest.mark.parametrize("hostile", HOSTILE)
def test_no_address_is_interpreted(dataset: Dataset, hostile: str) -> None:
    for page in ("profile", "advice", "run"):
        check(opened(page, data=hostile, run=hostile, job=hostile, ask=hostile))


@pytest.mark.slow
def test_what_a_failure_says_is_shown_as_it_is(workspace: Path, tmp_path: Path) -> None:
    for text in HOSTILE:
        app = AppTest.from_file(str(APP), default_timeout=120).run()
        app.text_input[0].set_value(f"{tmp_path}/{text}")
        app.button(key="read-path").click().run()
        for _ in range(100):
            if any("There is no file" in t.value or "cannot be" in t.value for t in app.text):
                break
            app.run()
        check(app)


def test_the_record_has_no_effect_in_a_browser_or_a_viewer(dataset: Dataset) -> None:
    folder = Path(dataset.folder)
    profile = Profile.load(folder / "profile.json")
    evidence = Evidence.load(folder / "evidence.json")
    advice = Advice.load(folder / "advice.json")
    telling = advice.model_copy(update={"sentences": (*advice.sentences, *HOSTILE)})
    record = decision_record(dataset, profile, evidence, telling, make_plan(dataset, "run-1"))
    page = written(record, "html")
    assert not re.findall(r"<(?:img|script|a|b|br)\b", page)
    assert "\x1b" not in page and "\u202e" not in page and "{{ 7*7 }}" in html.unescape(page)
    text = written(record, "md")
    assert "\x1b" not in text and "\u202e" not in text
    drawn = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(text)
    assert not re.findall(r"<(?:img|script|a|strong|em)\b", drawn)
    assert len(re.findall("<h1>", drawn)) == 1
    json.loads(written(record, "json"))


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "＝", "＋", "－", "＠"])
def test_no_table_that_is_saved_holds_a_formula(sign: str) -> None:
    for before in ("", " ", "\t", "\r", "\n", "\ufeff", "\u200b", "\xa0", "\x00"):
        assert without_formula(f"{before}{sign}cmd|' /C calc'!A0").startswith("'")


def shows(frame: pd.DataFrame) -> AppTest:
    """A page with one table."""

    def page(frame):  # type: ignore[no-untyped-def]  # its source alone is run: no name from here
        from advisor.ui import parts

        parts.table(frame, hide_index=True)

    app = AppTest.from_function(page, args=(frame,)).run()
    assert not app.exception
    return app


@pytest.mark.parametrize("words", ["=1+1", "@SUM(A1)", "-cmd|' /C calc'!A0"])
@pytest.mark.parametrize("is_name", [True, False])
def test_a_table_shows_words_as_they_are_and_saves_no_formula(words: str, is_name: bool) -> None:
    frame = pd.DataFrame({words if is_name else "x": ["cat" if is_name else words], "n": [-1]})
    app = shows(frame)
    assert app.dataframe[0].value.to_dict("list") == frame.to_dict("list")
    assert [one.value for one in app.html] == [parts.NO_CSV]


def test_a_number_with_a_sign_can_be_saved() -> None:
    app = shows(pd.DataFrame({"Accepted": ["+9.5", "-3,2", "0.4 %"]}))
    assert app.dataframe[0].value["Accepted"].tolist() == ["+9.5", "-3,2", "0.4 %"]
    assert not app.html


def test_letters_of_every_language_stay(workspace: Path) -> None:
    for text in ("čeština", "العربية", "हिन्दी", "👩‍👩‍👧", "日本語", "a\tb\nc", "می‌خواهم", "שלום\u200f"):
        assert visible(text) == text


def test_a_hostile_archive_of_names_reads_and_shows(workspace: Path, tmp_path: Path) -> None:
    rows = [(f"{word} {i}", word) for word in HOSTILE for i in range(12)]
    table = tmp_path / "<img src=x onerror=alert(1)> [x](javascript:y).csv"
    pd.DataFrame(rows, columns=["text", "label"]).to_csv(table, index=False)
    dataset = api.read(table)
    api.profile(dataset)
    assert check(opened("profile", data=dataset.fingerprint[:16])) > 3


def test_a_plan_with_a_hostile_name_is_listed(dataset: Dataset) -> None:
    store.submit(Plan(**{**make_plan(dataset, store.new_run_id("frozen")).model_dump(), "dataset_name": HOSTILE[0]}))
    assert check(opened("runs")) > 3
