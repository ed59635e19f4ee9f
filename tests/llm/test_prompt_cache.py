"""Answers remembered: nothing is asked twice, another question is, the oldest go first, damage costs only memory."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from advisor.caches import cache_facts, clear_cache
from advisor.llm.prompt_cache import CachedChatModel, PromptCache, asked_anew, cache_file
from probes.chat import Prompt, Reply


class Counting:
    """A model that counts what it is asked."""

    name = "counting"

    def __init__(self, identity: str = "one") -> None:
        self.identity = identity
        self.asked: list[str] = []

    def generate(
        self, prompts: Sequence[Prompt], max_new_tokens: int = 32, stop: Sequence[str] = ("\n",)
    ) -> list[Reply]:
        self.asked += [prompt.user for prompt in prompts]
        return [Reply(f"{prompt.user} {max_new_tokens}", -1.5, 3, 2, True) for prompt in prompts]

    def option_log_p(self, prompts: Sequence[Prompt], options: Sequence[str]) -> np.ndarray:
        self.asked += [prompt.user for prompt in prompts]
        return np.array([[-len(prompt.user) - len(option) / 3 for option in options] for prompt in prompts])


def asked(*texts: str) -> list[Prompt]:
    return [Prompt("", text, "") for text in texts]


def test_only_what_is_new_is_asked_and_answers_come_back_in_order() -> None:
    model = Counting()
    first = CachedChatModel(model).generate(asked("a", "b", "a"))
    again = CachedChatModel(model).generate(asked("c", "b"))
    assert model.asked == ["a", "b", "c"]
    assert first[0] == first[2] == Reply("a 32", -1.5, 3, 2, True) and again[1] == first[1]
    CachedChatModel(model).generate(asked("a"), max_new_tokens=5)
    CachedChatModel(model).generate(asked("a"), stop=("x",))
    CachedChatModel(Counting("two")).generate(asked("a"))
    assert model.asked == ["a", "b", "c", "a", "a"]


def test_scores_are_kept_to_the_last_bit_and_depend_on_the_options() -> None:
    model = Counting()
    first = CachedChatModel(model).option_log_p(asked("a", "bb"), ["x", "yy"])
    again = CachedChatModel(model).option_log_p(asked("bb", "a"), ["x", "yy"])
    np.testing.assert_array_equal(first[::-1], again)
    CachedChatModel(model).option_log_p(asked("a"), ["yy", "x"])
    assert model.asked == ["a", "bb", "a"]
    assert CachedChatModel(model).option_log_p([], ["x"]).shape == (0, 1)


def test_the_oldest_go_when_there_are_too_many(tmp_path: Path) -> None:
    cache = PromptCache(tmp_path / "answers.sqlite", limit_bytes=2000)
    for number in range(40):
        cache.write({bytes([number]): b"x" * 100})
        cache.read([b"\x00"])  # used all the time, so it stays
    kept = cache.read([bytes([number]) for number in range(40)])
    assert b"\x00" in kept and bytes([39]) in kept and bytes([1]) not in kept
    assert sum(len(key) + len(value) for key, value in kept.items()) <= 2000


def test_a_damaged_file_costs_the_memory_and_not_the_answer() -> None:
    cache_file().parent.mkdir(parents=True)
    cache_file().write_bytes(b"no database" * 500)
    model = Counting()
    for _ in range(3):
        assert CachedChatModel(model).generate(asked("a"))[0].text == "a 32"
    assert len(model.asked) == 1 and cache_facts().prompt_bytes > 0
    assert clear_cache() > 0
    assert cache_facts().prompt_bytes == 0


def test_a_byte_that_changed_inside_an_answer_is_noticed() -> None:
    model = Counting()
    first = CachedChatModel(model).option_log_p(asked("a" * 300), ["x", "yy"])
    content = cache_file().read_bytes()
    assert content.count(first.tobytes()) == 1
    cache_file().write_bytes(content.replace(first.tobytes(), (first + 1).tobytes()))
    np.testing.assert_array_equal(CachedChatModel(model).option_log_p(asked("a" * 300), ["x", "yy"]), first)
    assert len(model.asked) == 2
    CachedChatModel(model).option_log_p(asked("a" * 300), ["x", "yy"])
    assert len(model.asked) == 2


def test_answers_of_a_former_version_are_still_known(tmp_path: Path) -> None:
    path = tmp_path / "answers.sqlite"
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE answers (key BLOB PRIMARY KEY, value BLOB, used REAL)")
        connection.execute("INSERT INTO answers VALUES (?, ?, ?)", (b"key", b"value", 1.0))
    cache = PromptCache(path)
    assert cache.read([b"key"]) == {b"key": b"value"}
    cache.write({b"other": b"more"})
    assert cache.read([b"key", b"other"]) == {b"key": b"value", b"other": b"more"}


def test_a_folder_in_its_place_costs_the_memory_only() -> None:
    cache_file().mkdir(parents=True)
    model = Counting()
    assert CachedChatModel(model).generate(asked("a"))[0].text == "a 32"
    assert clear_cache() == 0


def test_what_is_asked_anew_comes_from_the_model_and_is_remembered_again() -> None:
    model = Counting()
    CachedChatModel(model).generate(asked("a"))
    with asked_anew():
        CachedChatModel(model).generate(asked("a", "b"))
    CachedChatModel(model).generate(asked("a", "b"))
    assert model.asked == ["a", "a", "b"]
