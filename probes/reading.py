"""How good an answer is: exact match and token F1 as SQuAD defines them.

Rajpurkar et al., "SQuAD: 100,000+ Questions for Machine Comprehension of Text", EMNLP 2016, and "Know What You Don't
Know", ACL 2018, for questions without an answer: there, no answer scores 1 and any other 0.
"""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Sequence

#: The answer where the documents support none.
NOT_FOUND = "not in the documents"
#: What is said in place of an answer that `loops`.
LOOPED = "The model only repeated itself, so its answer is left out."
#: How often words are repeated in a row, at least, before an answer counts as one that loops; a single word, oftener.
_LOOPS, _WORD_LOOPS = 3, 5
_ARTICLES = re.compile(r"\b(a|an|the)\b")
_SIGNS = str.maketrans("", "", string.punctuation)


def normalised(text: str) -> str:
    """Lower case, without punctuation and articles, with single spaces.

    >>> normalised("The Panthers'  defense, a line.")
    'panthers defense line'
    """
    return " ".join(_ARTICLES.sub(" ", text.lower().translate(_SIGNS)).split())


def says_nothing(answer: str) -> bool:
    """Whether an answer is none: empty, or `NOT_FOUND` in any spelling."""
    return normalised(answer) in ("", _NOTHING)


_NOTHING = normalised(NOT_FOUND)


def loops(answer: str) -> bool:
    """Whether most of an answer is the same words over and over, as a language model that is stuck writes them.

    >>> loops("The answer is: The answer is: The answer is: The"), loops("Bora Bora"), loops("no, no, no")
    (True, False, False)
    """
    words = normalised(answer).split()
    return any(
        repeats >= (_LOOPS if period > 1 else _WORD_LOOPS) and 2 * repeats * period > len(words)
        for period in range(1, len(words) // _LOOPS + 1)
        for repeats in _repeats(words, period)
    )


def _repeats(words: Sequence[str], period: int) -> list[int]:
    """How often `period` words in a row stand one after another, at each place where that begins."""
    repeats, same = [], 0
    for place in range(period, len(words)):
        same = same + 1 if words[place] == words[place - period] else 0
        repeats.append(1 + same // period)
    return repeats


def exact_match(answer: str, truths: Sequence[str]) -> float:
    """1.0 when the answer equals a truth after normalisation, else 0.0; no truths: 1.0 when it says nothing.

    >>> exact_match("the 308 points", ["308 points"]), exact_match("not in the documents.", [])
    (1.0, 1.0)
    """
    if not truths or says_nothing(answer):
        return float(not truths and says_nothing(answer))
    return float(normalised(answer) in {normalised(truth) for truth in truths})


def token_f1(answer: str, truths: Sequence[str]) -> float:
    """The best F1 of shared words over the truths, 0 to 1; no truths: 1.0 when the answer says nothing.

    >>> token_f1("308 points in all", ["308 points"])
    0.6666666666666666
    """
    if not truths or says_nothing(answer):
        return float(not truths and says_nothing(answer))
    return max(_f1(normalised(answer).split(), normalised(truth).split()) for truth in truths)


def _f1(answer: list[str], truth: list[str]) -> float:
    """F1 of the words that two answers share; two without words are equal."""
    if not answer or not truth:
        return float(answer == truth)
    n_shared = (Counter(answer) & Counter(truth)).total()
    if not n_shared:
        return 0.0
    precision, recall = n_shared / len(answer), n_shared / len(truth)
    return 2 * precision * recall / (precision + recall)
