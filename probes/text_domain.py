"""The distance of texts from a language model's pre-training data: bits per byte, and tokens per word.

Bits per byte is what the model needs to encode a text; the fewer, the more familiar the text:

    bits per byte = -sum log2 p(text) / sum bytes(text)

over the texts' UTF-8 bytes, which, unlike tokens, are the same for every model (Gao et al., "The Pile", 2020,
https://arxiv.org/abs/2101.00027, section 3.1). Tokens per word, or fertility, is how finely the tokenizer splits (Rust
et al., "How Good is Your Tokenizer?", ACL 2021, https://aclanthology.org/2021.acl-long.243): 1.2 to 1.4 for plain
English, 2 and more for formulas, code and most other languages. Both are ratios of sums over the texts, with the
interval of the linearised ratio (Cochran, "Sampling Techniques", 1977, section 6.4).

Texts are truncated to 96 tokens, within a budget of 600 tokens in all: on 13 sets, the percentile then moved by 1.5
points on average against 2,000 tokens, less than with another draw of texts (3.1), at a third of the time. A model that
has read little of a text predicts worse (BBC news: 8.1 bits a token for the first 16, 4.9 for those that follow), so
short texts seem further from the pre-training data than they are.
"""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from probes.backbones.language import LanguageModel
from probes.errors import ProbeError
from probes.interval import LEVEL
from probes.measured import Measured
from probes.progress import Progress, silent

N_TEXTS = 64
MAX_TOKENS = 96
BUDGET_TOKENS = 600
LEAST_TEXTS = 8
#: Words and their tokens are counted in this much of a text; even at four tokens a character it fits every model.
HEAD_CHARACTERS = 500
SCALES = ("bits per byte", "tokens per word")

#: A Chinese or Japanese character counts as a word, since no spaces separate words there.
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]|[^\s\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]+")


@dataclass(frozen=True)
class TextDistance:
    """The distance of n texts from the pre-training data; both numbers grow with it."""

    bits_per_byte: Measured
    tokens_per_word: Measured
    n: int
    seconds: float

    @property
    def values(self) -> dict[str, float]:
        """The value on each of `SCALES`, as in references."""
        return dict(zip(SCALES, (self.bits_per_byte.value, self.tokens_per_word.value), strict=True))


def measure_texts(
    model: LanguageModel,
    texts: Sequence[str],
    progress: Progress = silent,
    n_texts: int = N_TEXTS,
    budget_tokens: int = BUDGET_TOKENS,
) -> TextDistance:
    """Bits per byte of the first `n_texts` that the budget allows, and tokens per word of all; give texts at random.

    Texts without a word are left out. Raises ProbeError when fewer than two remain: one text has no interval.
    """
    started = time.monotonic()
    usable = [text for text in texts if _WORD.search(text)]
    chosen = _affordable(model, usable[:n_texts], budget_tokens)
    if len(chosen) < 2:
        raise ProbeError(
            f"Bits per byte need at least two texts with words; there are {len(chosen)}. Give the dataset more texts."
        )
    bits, n_bytes, n_tokens = _read(model, chosen, progress)
    heads = [text.strip()[:HEAD_CHARACTERS] for text in usable]
    words = np.array([n_words(head) for head in heads])
    pieces = np.array([len(tokens) for tokens in model.tokens(heads)])
    seconds = time.monotonic() - started
    return TextDistance(
        bits_per_byte=ratio(bits, n_bytes, seconds, "bits per byte", f"{int(n_tokens.sum()):,} tokens read"),
        tokens_per_word=ratio(pieces, words, 0.0, "tokens per word"),
        n=len(chosen),
        seconds=seconds,
    )


def n_words(text: str) -> int:
    """Words between white space; every Chinese or Japanese character counts as one.

    >>> n_words("Time flies, doesn't it?"), n_words("日本の heart")
    (4, 4)
    """
    return len(_WORD.findall(text))


def ratio(top: np.ndarray, bottom: np.ndarray, seconds: float, unit: str, note: str = "") -> Measured:
    """sum top / sum bottom over n texts with its 90 % interval. Shape: top, bottom (n,), n at least 2.

    Variance of the linearised ratio R: n / (n - 1) sum (top - R bottom)^2 / (sum bottom)^2, Student's t on n - 1.
    """
    from scipy.stats import t

    n = len(top)
    value = float(top.sum() / bottom.sum())
    error = float(np.sqrt(n / (n - 1) * np.sum((top - value * bottom) ** 2)) / bottom.sum())
    half = float(t.ppf((1 + LEVEL) / 2, n - 1)) * error
    low, high = max(0.0, value - half), value + half
    return Measured(value=value, low=low, high=high, level=LEVEL, n=n, seconds=seconds, unit=unit, note=note)


def _affordable(model: LanguageModel, texts: list[str], budget_tokens: int) -> list[str]:
    """The first texts whose tokens stay within the budget; at least `LEAST_TEXTS` of them."""
    total = np.cumsum([len(tokens) for tokens in model.tokens(texts, MAX_TOKENS)])
    return texts[: max(LEAST_TEXTS, int(np.searchsorted(total, budget_tokens, side="right")))]


def _read(
    model: LanguageModel, texts: list[str], progress: Progress, step: int = 16
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Bits, bytes and tokens of each text, the shortest first, so that similar lengths share a batch."""
    parts = []
    texts = sorted(texts, key=len)
    for start in range(0, len(texts), step):
        progress(f"Reading {len(texts)} texts with {model.entry.title}", start / len(texts))
        parts.append(model.log_likelihood(texts[start : start + step], MAX_TOKENS))
    bits = -np.concatenate([part.log_p for part in parts]) / np.log(2)
    return bits, np.concatenate([p.n_bytes for p in parts]), np.concatenate([p.n_tokens for p in parts])
