"""Inspection of texts: lengths, blanks, exact and near copies."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.data.inspect import near_texts
from advisor.data.inspect.duplicates_text import resembling, unspaced, words
from advisor.data.inspect.inspection import Inspection, merge, without_collapse
from advisor.data.modality import modality_of
from probes.progress import silent

ARTICLE = (
    "The council of the northern harbour town decided on Tuesday to rebuild the old pier that was lost in the storm "
    "of last winter. Work is to begin in May and to end before the first boats of the autumn fishing season return. "
    "The mayor said that the cost of about two million would be carried by the region and by a fund of local firms."
)
OTHER = (
    "Researchers at the institute measured how quickly young larches grow on slopes that were bare of trees before. "
    "After nine summers the trees on the sunny side were twice as high as the others, and birds had come back to nest."
)


def inspect(texts: list[str]) -> Inspection:
    return modality_of("text").inspect(pd.DataFrame({"text": texts, "digest": ""}), silent)


def test_lengths_and_blank_texts() -> None:
    found = inspect(["one two", " \n\t", "", "three"])
    assert found.readable.tolist() == [True, False, False, True] and set(found.reasons) == {1, 2}
    assert found.measures["n_words"].tolist() == [2, 0, 0, 1]
    assert found.measures["n_characters"].tolist() == [7, 3, 0, 5]
    assert found.clusters == [], "blank texts are no copies of each other"


def test_case_spacing_and_unicode_form_make_no_other_text() -> None:
    found = inspect(["Wie heißt du?", "wie  HEISST du?\n", "café au lait", "cafe\u0301 au lait", "something else"])
    assert found.clusters == [(0, 1), (2, 3)] and found.cluster_kinds == ["exact", "exact"]


def test_punctuation_makes_a_near_copy() -> None:
    found = inspect(["it blocks << A >> and [[ B ]]", "it blocks [[ A ]] and << B >>", "unlike"])
    assert found.clusters == [(0, 1)] and found.cluster_kinds == ["near"]


@pytest.mark.parametrize(
    "copy",
    [
        ARTICLE.replace("on Tuesday", "on Wednesday"),
        "Pier to be rebuilt\n\n" + ARTICLE,
        ARTICLE[: int(len(ARTICLE) * 0.85)],
        ARTICLE.upper(),
    ],
)
def test_an_edited_article_is_a_near_copy(copy: str) -> None:
    found = inspect([OTHER, ARTICLE, copy])
    assert found.clusters == [(1, 2)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("What is the highest mountain in the world ?", "What is the fourth highest mountain in the world ?"),
        ("I need to change my home address.", "I need to change my name."),
        (ARTICLE, OTHER),
        (ARTICLE, ARTICLE[: len(ARTICLE) // 3] + OTHER),
        ("!!!", "..."),
        ("你好吗", "你好"),
    ],
)
def test_texts_that_mean_something_else_are_no_copies(one: str, other: str) -> None:
    assert inspect([one, other]).clusters == []


def test_copies_are_found_among_many_texts_of_one_template() -> None:
    """Shingles in very many texts bring nothing together; the rare ones of the copies still do."""
    names = "amber birch cedar delta ember fjord grove haven inlet jetty knoll larch marsh north ocean prairie".split()
    texts = [
        f"Please check my transfer of {17 * n} crowns to {names[n % 16]} {names[n // 16]}, sent on the way to "
        f"{names[(n * 7) % 16]} {names[(n * 5 + 3) % 16]} by {names[(n * 3 + n // 16) % 16]}, {names[(n * 11) % 16]}."
        for n in range(200)
    ]
    found = inspect([*texts, texts[42].replace("Please check", "Do check")])
    assert [rows for rows in found.clusters if 200 in rows and 42 in rows]


def test_a_cluster_that_swallows_the_set_is_no_finding() -> None:
    chain = [(i, i + 1) for i in range(49)]
    pairs, n_alike = without_collapse(100, [*chain, (90, 91)])
    assert (pairs.tolist(), n_alike) == ([[90, 91]], 50)
    pairs, n_alike = without_collapse(15, [(i, i + 1) for i in range(14)])
    assert (len(pairs), n_alike) == (14, 0)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.text(max_size=200), max_size=20))
def test_any_text_is_inspected(texts: list[str]) -> None:
    found = inspect(texts)
    assert len(found.measures) == len(texts)
    assert found.readable.tolist() == [bool(unspaced(text)) for text in texts]
    for rows in found.clusters:
        assert len(rows) > 1 and list(rows) == sorted(set(rows))
    same: dict[object, list[int]] = {}
    for row, text in enumerate(texts):
        if unspaced(text):
            same.setdefault(words(unspaced(text)), []).append(row)
    together = {row: number for number, rows in enumerate(found.clusters) for row in rows}
    assert all(len({together[row] for row in rows}) == 1 for rows in same.values() if len(rows) > 1)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.text(alphabet="abc d", min_size=60, max_size=300), min_size=2, max_size=8))
def test_resemblance_is_that_of_the_plain_formula(texts: list[str]) -> None:
    """For texts of up to 128 shingles the sketch is the whole set, so the answer is Jaccard's."""

    def shingles(text: str) -> set[str]:
        return {text[i : i + 8] for i in range(len(text) - 7)}

    found = set(resembling(texts))
    for i in range(len(texts)):
        for j in range(i + 1, len(texts)):
            a, b = shingles(texts[i]), shingles(texts[j])
            if max(len(a), len(b)) >= 128:
                continue
            bound = 0.65 if min(len(texts[i]), len(texts[j])) >= 240 else 0.75
            plausible = min(len(texts[i]), len(texts[j])) >= 0.9 * bound * max(len(texts[i]), len(texts[j]))
            assert ((i, j) in found) == (len(a & b) / len(a | b) >= bound and plausible)


def test_merging_says_exact_only_where_exact_pairs_hold_it_together() -> None:
    clusters, kinds = merge(7, [(0, 1), (2, 3)], [(3, 4), (5, 6)])
    assert clusters == [(0, 1), (2, 3, 4), (5, 6)] and kinds == ["exact", "near", "near"]
    assert merge(3, [], []) == ([], [])


@pytest.mark.parametrize("word", ["word ", "ha", "- "])
def test_texts_of_one_word_again_and_again_are_inspected(word: str) -> None:
    found = inspect([f"{word * 1000}{i}" for i in range(8)])
    assert found.readable.all()


def test_long_repetitive_texts_are_compared_whole() -> None:
    verse, other = "row row row your boat gently down the stream ", "merrily merrily merrily life is but a dream "
    found = inspect([verse * 450, other * 450, verse * 440 + "the end", "a" * 10**6, "b" * 10**6, "a" * 10**6 + "!"])
    assert found.clusters == [(0, 2), (3, 5)]


@pytest.mark.parametrize(
    "texts",
    [
        ["\U0001f600" * 300, "\U0001f600\U0001f603" * 200, "\U0001f389" * 300],
        ["\x00\x01\x02" * 200, "\x00" * 500, "\x7f" * 20_000],
        ["x" * 10**6, "y" * 20_000, "xy" * 10**5],
        ["a" + "\u0301" * 5000, "b" + "\u0302" * 5000],
    ],
)
def test_texts_without_words_are_inspected_and_no_copies(texts: list[str]) -> None:
    assert inspect(texts).clusters == []


def test_half_an_emoji_is_a_text() -> None:
    texts = pd.Series(["broken \ud83d here", "nothing of the kind", "broken \ud83d here"], dtype=object)
    found = modality_of("text").inspect(pd.DataFrame({"text": texts, "digest": ""}), silent)
    assert found.readable.all()
    assert found.clusters == [(0, 2)]


def test_texts_without_spaces_are_compared_by_their_letters() -> None:
    story = "昨日は天気がよかったので家族と一緒に海へ行って魚を釣りそれから浜辺で昼ご飯を食べて夕方まで遊んだ"
    news = "市議会は火曜日に嵐で失われた古い桟橋を再建することを決定し工事は五月に始まり秋の漁期までに終わる"
    assert inspect([story, news, story.replace("夕方", "夜中")]).clusters == [(0, 2)]


def test_every_copy_of_a_large_group_is_found_across_blocks_of_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(near_texts, "_BLOCK_TEXTS", 7)
    monkeypatch.setattr(near_texts, "_BLOCK_PAIRS", 3)
    monkeypatch.setattr(near_texts, "_CHUNK_BYTES", 1000)
    variants = [ARTICLE.replace("two million", f"{n} million") for n in range(3, 15)]
    texts = [text for n, one in enumerate(variants) for text in (f"{OTHER} {n * 'x'}"[n * 20 :] if n % 2 else one, one)]
    found = inspect([*(f"{n} {OTHER[n:]}"[: 60 + n] for n in range(20)), *texts])
    assert any(len(rows) >= 12 for rows in found.clusters)
    whole = inspect(texts)
    monkeypatch.undo()
    assert whole.clusters == inspect(texts).clusters
