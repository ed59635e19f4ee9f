"""Schemes, entity F1 and the best tag sequence, against seqeval and against enumerating everything."""

from __future__ import annotations

import itertools
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probes.tagging import scoring
from probes.tagging.decoding import NEVER, Transitions, allowed, decode, learned, probabilities
from probes.tagging.head import folds_of
from probes.tagging.schemes import Scheme, Span, as_bio, scheme_of, spans_of, tag_names, tags_of
from probes.tagging.words import words_in

TAGS = st.lists(st.sampled_from(["O", "B-a", "I-a", "B-b", "I-b"]), min_size=1, max_size=12)
SPANS = st.lists(st.tuples(st.integers(0, 2), st.integers(1, 3), st.sampled_from("ab")), max_size=4)


def laid_out(parts: list[tuple[int, int, str]]) -> tuple[list[Span], int]:
    """Spans one after another with gaps between them, and the number of words."""
    spans, at = [], 0
    for gap, length, name in parts:
        spans.append(Span(at + gap, at + gap + length, name))
        at += gap + length
    return spans, at + 1


def written_in(scheme: Scheme, spans: list[Span], n: int) -> list[str]:
    """Spans in a scheme."""
    tags = tags_of(spans, n)
    for place, (start, end, name) in enumerate(spans):
        if scheme == "BIOES":
            tags[end - 1] = f"{'S' if end - start == 1 else 'E'}-{name}"
        before = spans[place - 1] if place else None
        if scheme == "IOB1" and not (before and before.end == start and before.type == name):
            tags[start] = f"I-{name}"
    return tags


@pytest.mark.parametrize("scheme", ["BIO", "IOB1", "BIOES"])
@given(parts=SPANS)
def test_spans_come_back_from_every_scheme_without_a_repair(scheme: Scheme, parts: list[tuple[int, int, str]]) -> None:
    spans, n = laid_out(parts)
    bio, n_repaired = as_bio(written_in(scheme, spans, n), scheme)
    assert spans_of(bio) == spans and n_repaired == 0


def test_the_scheme_is_known_by_its_marks() -> None:
    assert scheme_of([["B-a", "E-a"], ["O"]]) == "BIOES"
    assert scheme_of([["a", "O"]]) == "IO"
    assert scheme_of([["I-a", "O", "I-b"], ["I-a", "B-a"]]) == "IOB1"


@given(tags=TAGS)
def test_any_sequence_is_repaired_to_the_spans_that_seqeval_reads(tags: list[str]) -> None:
    from seqeval.metrics.sequence_labeling import get_entities

    bio, n_repaired = as_bio(tags, "BIO")
    theirs = [Span(start, end + 1, name) for name, start, end in get_entities(tags)]
    assert spans_of(bio) == theirs == spans_of(tags)
    assert (n_repaired == 0) == (bio == tags)


@settings(max_examples=60)
@given(pairs=st.lists(st.tuples(TAGS, st.integers(0, 10**6)), min_size=1, max_size=6))
def test_entity_f1_is_seqevals_in_all_and_for_each_type(pairs: list[tuple[list[str], int]]) -> None:
    from seqeval.metrics import f1_score

    truth = [tags for tags, _ in pairs]
    said = [list(np.random.default_rng(seed).permutation(tags)) for tags, seed in pairs]
    counts = scoring.count_spans([spans_of(t) for t in truth], [spans_of(t) for t in said], ["a", "b"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert counts.f1 == pytest.approx(float(f1_score(truth, said, zero_division=0)))
        each = f1_score(truth, said, average=None, zero_division=0)
    known = [row["f1"] for row in scoring.per_type(counts, ["a", "b"]) if row["f1"] is not None]
    assert known == pytest.approx([float(one) for one in np.atleast_1d(each)])


def test_the_interval_holds_the_value_and_narrows_with_sentences() -> None:
    there = [[Span(0, 1, "a")], [Span(1, 2, "a")], []]
    found = [[Span(0, 1, "a")], [Span(0, 1, "a")], []]
    few = scoring.measured_f1(scoring.count_spans(there * 4, found * 4, ["a"]), 0.0)
    many = scoring.measured_f1(scoring.count_spans(there * 100, found * 100, ["a"]), 0.0)
    assert few.low < few.value == 0.5 < few.high
    assert many.high - many.low < (few.high - few.low) / 2
    grouped = scoring.measured_f1(scoring.count_spans(there * 100, found * 100, ["a"]), 0.0, [0, 1, 2] * 100)
    assert grouped.high - grouped.low > many.high - many.low


def drawn(seed: int, n_words: int) -> tuple[np.ndarray, Transitions, tuple[str, ...]]:
    """Random scores and transitions of two types."""
    rng, names = np.random.default_rng(seed), tag_names(["a", "b"])
    rules = allowed(names)
    matrix = rules.matrix + rng.normal(size=rules.matrix.shape)
    return rng.normal(size=(n_words, len(names))), Transitions(rules.start, matrix), names


def every_path(scores: np.ndarray, transitions: Transitions) -> dict[tuple[int, ...], float]:
    """The score of every tag sequence."""
    return {
        path: transitions.start[path[0]]
        + sum(scores[at, tag] for at, tag in enumerate(path))
        + sum(transitions.matrix[a, b] for a, b in itertools.pairwise(path))
        for path in itertools.product(range(scores.shape[1]), repeat=len(scores))
    }


@pytest.mark.parametrize("seed", range(4))
def test_viterbi_and_the_probabilities_are_those_of_all_sequences(seed: int) -> None:
    scores, transitions, names = drawn(seed, 4)
    paths = every_path(scores, transitions)
    longer = np.concatenate([scores, scores])  # decoded side by side, padded
    best = decode([scores, longer], transitions)[0]
    assert tuple(best) == max(paths, key=lambda path: paths[path])
    weights = {path: np.exp(score) for path, score in paths.items()}
    total = sum(weights.values())
    shares = probabilities([scores, longer], transitions)[0]
    for at, tag in itertools.product(range(4), range(len(names))):
        expected = sum(weight for path, weight in weights.items() if path[at] == tag) / total
        assert shares[at, tag] == pytest.approx(expected, abs=1e-9)


def test_what_bio_forbids_is_never_decoded_whatever_the_words_say() -> None:
    names = tag_names(["a", "b"])
    scores = np.full((3, len(names)), -5.0)
    scores[:, names.index("I-b")] = 5.0
    transitions = learned([np.array([1, 2]), np.array([0])], names, 1.0)
    assert transitions.start[names.index("I-b")] < NEVER / 2
    tags = [names[tag] for tag in decode([scores], transitions)[0]]
    assert as_bio(tags, "BIO") == (tags, 0)


@given(groups=st.lists(st.integers(0, 8), min_size=1, max_size=40))
def test_folds_keep_groups_whole_and_lose_nobody(groups: list[int]) -> None:
    own = np.array(groups)
    folds = folds_of(own)
    assert sorted(np.concatenate(folds).tolist()) == list(range(len(own)))
    assert all(len({fold for fold, rows in enumerate(folds) if group in own[rows]}) == 1 for group in groups)


@given(text=st.text(max_size=60))
def test_words_stand_where_they_say_and_leave_only_spaces_out(text: str) -> None:
    words = words_in(text)
    assert all(text[word.start : word.end] == word.text for word in words)
    assert "".join(word.text for word in words) == "".join(text.split())
