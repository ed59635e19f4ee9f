from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from probes.errors import ProbeError
from probes.retrieval.bm25 import WordIndex, stems
from probes.retrieval.chunks import Chunk, Document, split
from probes.retrieval.index import WORDS_WEIGHT, HybridIndex, fused
from probes.retrieval.measures import Truth, mean_reciprocal_rank, ranks, recall_at_k
from probes.retrieval.store import open_index, save
from probes.retrieval.tuning import WEIGHTS, chosen_weight, ranked

HANDBOOK = Path(__file__).parents[2] / "docs" / "handbook"
TEXT = (
    "# Rungs\n\nFive rungs.\n\n## Frozen\n\nA new head only. It costs 12 euros.\n\n```\n# no heading\n```\n\nThe end."
)
MARKDOWN = st.lists(
    st.sampled_from(["# One\n", "## Two\n", "```\n", "word ", "längere Wörter ", "\n\n", "- item\n", "🦉. ", "x" * 90]),
    max_size=60,
).map("".join)


class Bag:
    """Unit vectors of hashed words, which counts what it embeds."""

    def __init__(self) -> None:
        self.embedded: list[str] = []

    def __call__(self, texts: Sequence[str]) -> np.ndarray:
        self.embedded += texts
        made = np.zeros((len(texts), 64), dtype=np.float32)
        for row, found in enumerate(stems(list(texts))):
            for stem in found:
                made[row, sum(stem.encode()) % 64] += 1
        return made / np.maximum(np.linalg.norm(made, axis=1, keepdims=True), 1e-12)


def pages() -> list[Document]:
    return [Document(path.name, path.stem, path.read_text()) for path in sorted(HANDBOOK.glob("*.md"))]


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(MARKDOWN, st.integers(5, 60), st.integers(0, 4))
def test_chunks_are_pieces_that_cover_the_text(text: str, size: int, overlap: int) -> None:
    found = split([Document("d", "Title", text)], size=size, overlap=overlap)
    covered = np.zeros(len(text), dtype=bool)
    for chunk in found:
        assert chunk.text == text[chunk.start : chunk.end]
        assert 0 < len(chunk.text) <= 4 * size
        assert chunk.title.startswith("Title")
        covered[chunk.start : chunk.end] = True
    assert not any(letter.isalnum() for letter, inside in zip(text, covered, strict=True) if not inside)
    assert [chunk.start for chunk in found] == sorted(chunk.start for chunk in found)


def test_a_chunk_carries_the_headings_above_it() -> None:
    found = split([Document("d", "Guide", TEXT)], size=12, overlap=0)
    assert {chunk.title for chunk in found} >= {"Guide: Rungs", "Guide: Rungs: Frozen"}
    assert not any("no heading" in chunk.title for chunk in found)
    assert split([Document("d", "Rungs", TEXT)])[0].title == "Rungs"  # said once


def test_the_tokenizer_counts_without_its_own_cut() -> None:
    from tokenizers import Tokenizer, models, pre_tokenizers

    tokenizer = Tokenizer(models.WordLevel({"[UNK]": 0}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.enable_truncation(8)
    tokenizer.enable_padding(length=8)
    found = split([Document("d", "", "word " * 100)], tokenizer, size=20, overlap=0)
    assert [len(chunk.text.split()) for chunk in found] == [20] * 5
    assert tokenizer.truncation is not None  # the encoder's own tokenizer is left as it was


def test_documents_without_words_have_no_chunk_and_can_be_searched() -> None:
    index = HybridIndex.build([Document("a", "", ""), Document("b", "", "--- ... ---")], Bag())
    assert index.chunks == [] and index.search(["anything"], 3) == [[]]
    assert HybridIndex.build([], Bag()).search(["a", "b"], 1) == [[], []]
    assert WordIndex.build(["the of and"]).scores(["the"]).tolist() == [[0.0]]


def test_word_scores_are_shares_of_the_question() -> None:
    """Lucene's BM25 in its plain words: sum of idf x tf / (tf + k1 (1 - b + b length / mean length))."""
    texts = ["otter otter river", "badger", "otter and much more beside the river bank today"]
    found = [stems([text])[0] for text in texts]
    mean = np.mean([len(tokens) for tokens in found])

    def idf(word: str) -> float:
        n_with = sum(word in tokens for tokens in found)
        return float(np.log(1 + (3 - n_with + 0.5) / (n_with + 0.5)))

    def part(word: str, tokens: list[str]) -> float:
        count = tokens.count(word)
        return float(idf(word) * count / (count + 1.5 * (1 - 0.75 + 0.75 * len(tokens) / mean)))

    asked = ["otter", "river", "unheard"]
    expected = [sum(part(w, t) for w in asked) / sum(idf(w) for w in asked) for t in found]
    scores = WordIndex.build(texts).scores(["Otter river, unheard?"])[0]
    assert scores == pytest.approx(expected, rel=1e-5)
    assert WordIndex.build(["otter " * 5000] * 2).scores(["otter"]).max() == pytest.approx(1, abs=1e-3)


def test_words_meaning_and_both_find_the_page() -> None:
    index = HybridIndex.build(pages(), Bag())
    for how in ("words", "dense", "hybrid"):
        hits = index.search(["contextual calibration of a language model"], 4, how)[0]
        assert len(hits) == 4 and [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
        assert "03-contextual-calibration.md" in {hit.chunk.document for hit in hits}
    assert len(index.search(["calibration"], 10_000)[0]) == len(index.chunks)


def test_an_updated_index_equals_one_made_afresh(tmp_path: Path) -> None:
    old = pages()
    changed = Document(old[3].name, old[3].title, old[3].text + "\n\nOne more paragraph about otters.")
    new = [*old[:3], changed, *old[5:], Document("new.md", "New", "A page about badgers.")]  # one changed, gone, added
    bag = Bag()
    save(HybridIndex.build(old, bag, "bag"), tmp_path / "index")
    bag.embedded.clear()
    updated = open_index(tmp_path / "index", bag).updated(new)
    fresh = HybridIndex.build(new, Bag(), "bag")
    own = {chunk.searched for chunk in fresh.chunks if chunk.document in (changed.name, "new.md")}
    assert set(bag.embedded) == own and len(own) < len(fresh.chunks) / 4
    assert updated.chunks == fresh.chunks and updated.digests == fresh.digests
    assert np.array_equal(updated.vectors, fresh.vectors)
    questions = ["otters", "badgers", "how deep should the probe go"]
    for how in ("words", "dense", "hybrid"):
        assert np.array_equal(updated.scores(questions, how), fresh.scores(questions, how))


def test_the_weight_of_words_follows_the_questions() -> None:
    """High where meaning is noise, not raised where words mislead, and not chosen at all by few questions."""
    names = [f"unheard{i}" for i in range(60)]
    documents = [Document(f"d{i}", "", f"A page about {name} and the common rest.") for i, name in enumerate(names)]
    truths = [Truth((name,), f"d{i}") for i, name in enumerate(names)]
    rng = np.random.default_rng(0)

    def noise(texts: Sequence[str]) -> np.ndarray:
        made = rng.normal(size=(len(texts), 8)).astype(np.float32)
        return made / np.linalg.norm(made, axis=1, keepdims=True)

    def meaning(texts: Sequence[str]) -> np.ndarray:
        said = [re.search(r"number (\d+)", text) or re.search(r"unheard(\d+)", text) for text in texts]
        return np.eye(60, dtype=np.float32)[[int(found[1]) for found in said if found]]

    by_name = [f"What is {name}?" for name in names]
    assert chosen_weight(HybridIndex.build(documents, noise), by_name, truths) == max(WEIGHTS)
    assert chosen_weight(HybridIndex.build(documents, noise), by_name[:10], truths[:10]) == WORDS_WEIGHT
    misled = [f"Is unheard{(i + 1) % 60} like number {i}?" for i in range(60)]
    assert chosen_weight(HybridIndex.build(documents, meaning), misled, truths) <= WORDS_WEIGHT


def test_an_index_comes_back_from_the_disk_and_damage_is_noticed(tmp_path: Path) -> None:
    folder = tmp_path / "index"
    made = replace(HybridIndex.build(pages()[:4], Bag(), "bag"), weight=2.0)
    save(made, folder)
    save(made, folder)  # in place of the old one
    opened = open_index(folder, Bag())
    assert isinstance(opened.vectors, np.memmap)
    assert (opened.chunks, opened.encoder, opened.weight) == (made.chunks, "bag", 2.0)
    assert opened.search(["who pays"], 5) == made.search(["who pays"], 5)
    assert [path.name for path in tmp_path.iterdir()] == ["index"]
    content = bytearray((folder / "vectors.npy").read_bytes())
    content[-1] ^= 1
    (folder / "vectors.npy").write_bytes(content)
    with pytest.raises(ProbeError, match=r"vectors\.npy is damaged"):
        open_index(folder, Bag())
    with pytest.raises(ProbeError):
        open_index(tmp_path / "nowhere", Bag())


def test_every_file_of_an_index_that_is_damaged_is_noticed(tmp_path: Path) -> None:
    folder = tmp_path / "index"
    save(HybridIndex.build(pages()[:4], Bag(), "bag"), folder)
    for path in [path for path in folder.rglob("*") if path.is_file()]:
        whole = path.read_bytes()
        flipped = bytearray(whole)
        flipped[len(whole) // 2] ^= 4
        for damaged in (bytes(flipped), whole[: len(whole) // 2], b"", b"[]", b"null", b"7"):
            path.write_bytes(damaged)
            with pytest.raises(ProbeError):
                open_index(folder, Bag())
        path.write_bytes(whole)
    (tmp_path / ".index-of-a-killed-writer").mkdir()
    save(open_index(folder, Bag()), folder)
    assert [path.name for path in tmp_path.iterdir()] == ["index"]


@given(st.integers(1, 6), st.integers(1, 30), st.randoms(use_true_random=False))
def test_fusion_of_a_list_with_itself_changes_nothing(n_questions: int, n: int, random: object) -> None:
    rng = np.random.default_rng(random.randrange(2**32))  # type: ignore[attr-defined]
    scores = rng.random((n_questions, n))
    assert np.array_equal(ranked(fused(scores, scores)), ranked(scores))
    assert np.array_equal(np.sort(ranked(scores), axis=1), np.tile(np.arange(1, n + 1), (n_questions, 1)))


def test_recall_and_reciprocal_rank_by_hand() -> None:
    pieces = [
        Chunk("a", "", "It costs 12 euros.", 0, 18),
        Chunk("a", "", "It is blue.", 19, 30),
        Chunk("b", "", "Twelve, or 12 euros.", 0, 20),
        Chunk("c", "", "It is blue.", 0, 11),
    ]
    truths = [
        Truth(("12 euros",), "a"),  # the first chunk of a; b also says it, but is another document
        Truth(("yes",), "a"),  # no chunk says it, so any chunk of a
        Truth(("12 euros",)),  # any document
        Truth((), "a"),  # not answered
        Truth(("blue",), "c"),  # the same text in a cannot be told apart
        Truth(("red",)),  # nowhere
    ]
    found = [[pieces[i] for i in order] for order in ([2, 1, 0], [2, 1, 0], [2, 0], [0], [1, 3], [0, 1, 2, 3])]
    first = ranks(found, truths, pieces)
    assert np.array_equal(first, [3, 2, 1, np.nan, 1, np.nan], equal_nan=True)
    assert recall_at_k(first, 1) == 0.5 and recall_at_k(first, 2) == 0.75
    assert mean_reciprocal_rank(first) == pytest.approx((1 / 3 + 1 / 2 + 1 + 1) / 4)
    nothing = ranks([[]], [Truth(("blue",), "c")], pieces)
    assert recall_at_k(nothing, 5) == 0.0 and mean_reciprocal_rank(nothing) == 0.0


def test_the_file_of_chunks_is_plain_json(tmp_path: Path) -> None:
    save(HybridIndex.build([Document("a\ud800", "T", "Ein Öl \U0001f989 text")], Bag()), tmp_path / "i")
    assert json.loads((tmp_path / "i" / "chunks.json").read_text())[0][1] == "T"
    assert open_index(tmp_path / "i", Bag()).chunks[0].text == "Ein Öl \U0001f989 text"
