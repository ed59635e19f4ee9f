"""The Evidence page's cards: a list of contents that jumps, and empty frames for what is still being measured."""

from __future__ import annotations

from pathlib import Path

from streamlit.testing.v1 import AppTest

from advisor.core.records import Advice, Dataset, Evidence
from advisor.ui import cards, jobs, near
from advisor.ui.cards import Card, Topic
from advisor.ui.tasks import classification
from tests.ui.ui_records import opened, spaced, written

APP = Path(__file__).parents[2] / "app.py"
ONE, TWO, RARE = Topic("one", "One", "One?"), Topic("two", "Two", "Two?"), Topic("rare", "Rare", "Rare?", always=False)


def card(topic: Topic) -> Card:
    """A card that shows nothing."""
    return Card(topic, "", lambda: None)


def at(dataset: Dataset) -> AppTest:
    """The Evidence page."""
    return opened("evidence", data=dataset.fingerprint[:16])


def test_the_contents_link_what_is_ready_and_name_what_is_to_come() -> None:
    said = cards.contents([card(ONE), TWO])
    assert 'href="#one">One</a>' in said and "#two" not in said and "Two …" in said


def test_what_is_measured_on_every_dataset_is_announced_in_the_order_of_the_topics() -> None:
    last = card(Topic("last", "Last", "Last?"))
    shown = cards.so_far([card(TWO), last], [ONE, RARE, TWO])
    assert [each if isinstance(each, Topic) else each.topic for each in shown] == [ONE, TWO]
    assert isinstance(shown[0], Topic) and isinstance(shown[1], Card)


def test_cards_appear_while_the_rest_is_measured(images: Dataset) -> None:
    whole = Evidence.load(images.files.evidence)
    images.files.evidence.unlink()
    whole.model_copy(update={"results": whole.results[:2]}).save(images.files.evidence_so_far)
    key = jobs.key_of("probe", images.fingerprint)
    jobs._jobs[key] = jobs.Job(key, "Measuring", lambda progress: None)
    try:
        app = at(images)
    finally:
        del jobs._jobs[key]
    asked = [topic.question for topic in classification.TOPICS if topic.always]
    assert [heading.value for heading in app.subheader] == asked
    assert len(app.get("plotly_chart")) == 1  # of the two probes
    assert any(f'href="#{classification.TOPICS[0].anchor}"' in str(part.value) for part in app.html)


def test_the_first_answer_says_on_how_many_items_and_what_would_be_advised(images: Dataset) -> None:
    whole, advice = Evidence.load(images.files.evidence), Advice.load(images.files.advice)
    images.files.evidence.unlink()
    whole.model_copy(update={"n_sample": 40}).save(images.files.evidence_so_far)
    advice.save(images.files.advice_so_far)
    key = jobs.key_of("probe", images.fingerprint)
    jobs._jobs[key] = jobs.Job(key, "Measuring", lambda progress: None)
    try:
        app = at(images)
    finally:
        del jobs._jobs[key]
        images.files.advice_so_far.unlink()
    said = [spaced(line.value) for line in app.text]
    assert any(
        line.startswith(f"Measured so far on 40 of {whole.n_train:,} training items. Best probe: ") for line in said
    )
    assert any(line.startswith(f"The recommendation so far: {advice.headline}") for line in said)


def test_only_the_first_card_draws_its_picture_before_the_reader_comes_near(images: Dataset) -> None:
    app = opened("evidence", data=images.fingerprint[:16])
    every = len(app.get("plotly_chart"))
    app.session_state[near.AT_ONCE] = False
    app.run()
    assert not app.exception
    topics = [heading.value for heading in app.subheader]
    assert len(app.get("plotly_chart")) == 1 and (every > 1 or len(topics) > 1)
    assert "Weights SHA-256" not in written(app), "the second card waits"
    assert not any(fold.proto.expanded for fold in app.expander)


def test_each_card_answers_and_folds_how_it_works(images: Dataset) -> None:
    app = at(images)
    heads = [heading.value for heading in app.subheader]
    assert heads[:2] == ["What do the probes reach?", "What was it measured with?"]
    assert [fold.label for fold in app.expander] == ["How it works"]
