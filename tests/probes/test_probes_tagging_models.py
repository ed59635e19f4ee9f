"""Words through an encoder, the remembered words and spans, and the random field beside CRFsuite itself."""

from __future__ import annotations

import itertools
import tempfile
from pathlib import Path

import numpy as np
import pytest
import torch

from probes.backbones import catalog
from probes.backbones.text import TextBackbone
from probes.tagging import crf, memory, names, windows
from probes.tagging.cuts import cuts
from probes.tagging.decoding import decode
from probes.tagging.head import Sample, cross_head, crossed
from probes.tagging.schemes import Span, tag_names
from tests.tagged_docs import parameters

NAMES = tag_names(["name", "type"])


@pytest.fixture(scope="module")
def encoder() -> TextBackbone:
    return TextBackbone.load(catalog.default("text"))


@pytest.fixture(scope="module")
def sample() -> Sample:
    sentences = parameters(90)
    tags = [np.array([NAMES.index(tag) for tag in own]) for _, own in sentences]
    return Sample([words for words, _ in sentences], tags, NAMES, np.arange(len(sentences)))


def test_a_words_state_is_the_mean_of_its_pieces(encoder: TextBackbone) -> None:
    words = ["immunohistochemistry", "works"]
    pieces = [len(encoder.tokenizer(word, add_special_tokens=False)["input_ids"]) for word in words]
    assert pieces[0] > 1
    batch = encoder.tokenize([" ".join(words)])
    with torch.inference_mode():
        states = encoder.module.encoder(**batch, output_hidden_states=True).hidden_states
    expected = states[3][0, 1 : 1 + pieces[0]].mean(0).numpy()
    [given] = windows.states_of(encoder, [words], [3, 6])
    assert given.shape == (2, 2 * encoder.dim)
    np.testing.assert_allclose(given[0, : encoder.dim], expected, atol=1e-5)


def test_every_word_of_a_long_sentence_is_read_once_and_early_ones_alike(encoder: TextBackbone) -> None:
    words = [word for own, _ in parameters(60) for word in own]
    found = windows.windows_of(encoder.tokenizer, [words], 64)
    assert len(found) > 2 and all(len(window.ids) <= 64 for window in found)
    assert [at for window in found for at in range(*window.words)] == list(range(len(words)))
    assert windows.states_of(encoder, [words, [], ["a"]], [6])[1].shape == (0, encoder.dim)


def test_windows_overlap_and_a_word_longer_than_one_fits_alone() -> None:
    found = cuts([3] * 20, 12)
    assert all(one[1] > other[0] for one, other in itertools.pairwise(found))
    assert cuts([12, 12], 12) == [(0, 1, (0, 1)), (1, 2, (1, 2))]


def test_a_head_on_frozen_words_learns_what_a_parameter_is(encoder: TextBackbone, sample: Sample) -> None:
    layers = [0, 3, 6]
    states = windows.states_of(encoder, sample.sentences, layers)
    answer = crossed(sample, cross_head(states, sample))
    nothing = np.mean([not own.any() for own in sample.tags])
    assert answer.counts.f1 > 0.8 and nothing < 0.1
    assert answer.learned_from == 60


def test_known_spans_are_found_again_and_doubted_where_they_stood_unmarked() -> None:
    listed = memory.Gazetteer.of(
        [["in", "New", "York"], ["new", "york", "or", "york"], ["a", "york"]], [[Span(1, 3, "city")], [], []]
    )
    assert listed.found(["NEW", "york", "now"]) == [(Span(0, 2, "city"), 0.5)]
    assert listed.found(["York"]) == []


def test_the_nearest_words_vote_by_their_likeness() -> None:
    words = memory.WordMemory.of([np.eye(3)[[0, 0, 1, 2]]], [np.array([1, 1, 2, 0])])
    shares = words.shares(np.array([[1.0, 0.1, 0.0], [0.0, 0.0, 2.0]]), 3)
    assert shares.argmax(axis=1).tolist() == [1, 0]
    np.testing.assert_allclose(shares.sum(axis=1), 1.0)


def test_names_of_types_find_what_they_mean(encoder: TextBackbone) -> None:
    sentence = ["we", "flew", "to", "Paris", "with", "Angela", "Merkel"]
    [spans] = names.found([sentence], ["city", "person"], encoder.embed)
    assert Span(3, 4, "city") in spans and Span(5, 7, "person") in spans


def test_the_field_taken_out_of_crfsuites_file_tags_as_crfsuite_does(sample: Sample) -> None:
    import pycrfsuite

    known, asked = sample.only(np.arange(60)), sample.only(np.arange(60, 90))
    model = crf.train(known.sentences, known.tags, NAMES)
    ours = decode(model.scores(asked.sentences), model.transitions)
    trainer = pycrfsuite.Trainer(verbose=False)
    for words, own in zip(known.sentences, known.tags, strict=True):
        trainer.append(pycrfsuite.ItemSequence(crf.attributes(words)), [NAMES[tag] for tag in own])
    trainer.set_params({"c1": crf.C1, "c2": crf.C2, "max_iterations": 100, "feature.possible_transitions": True})
    with tempfile.TemporaryDirectory() as folder:
        trainer.train(str(Path(folder) / "model"))
        tagger = pycrfsuite.Tagger()
        tagger.open(str(Path(folder) / "model"))
        theirs = [tagger.tag(pycrfsuite.ItemSequence(crf.attributes(words))) for words in asked.sentences]
        tagger.close()
    same = [[NAMES[tag] for tag in own] == their for own, their in zip(ours, theirs, strict=True)]
    assert all(same)
