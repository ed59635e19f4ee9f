"""What the lengths and scripts of texts say."""

from __future__ import annotations

import unicodedata
from collections import Counter

import pandas as pd

from advisor.core.records import Dataset, Finding
from advisor.core.wording import counted
from advisor.data.profile.findings import finding, is_are

#: all-MiniLM-L6-v2 reads 256 word pieces; an English word is about 1.3 of them.
READ_TOKENS = 256
TOKENS_PER_WORD = 1.3
SCRIPT_SAMPLE = 1000


def text_facts(dataset: Dataset, measures: pd.DataFrame) -> dict[str, str]:
    """Title and value, for the page's table."""
    shares = scripts(dataset.items["text"])
    words, characters = measures["n_words"].median(), measures["n_characters"].median()
    return {
        "Median length": f"{counted(round(words), 'word')}, {counted(round(characters), 'character')}",
        "Shortest": counted(int(measures["n_words"].min()), "word"),
        "Longest": counted(int(measures["n_words"].max()), "word"),
        "Scripts": ", ".join(f"{name} {100 * share:.0f} %" for name, share in shares.items()),
    }


def text_findings(dataset: Dataset, measures: pd.DataFrame) -> list[Finding]:
    """Texts longer than the encoder reads, texts of a word or less, and scripts the default encoder does not know."""
    findings = []
    words, keys = measures["n_words"], measures["key"]
    long = keys[words * TOKENS_PER_WORD > READ_TOKENS]
    if len(long):
        share = 100 * len(long) / len(measures)
        findings.append(
            finding(
                "long texts",
                "warning" if share > 20 else "note",
                f"{counted(len(long), 'text')} ({share:.1f} %) {is_are(len(long))} longer than the "
                f"{READ_TOKENS / TOKENS_PER_WORD:.0f} words or so that the encoder reads, so their ends are lost.",
                long.tolist(),
            )
        )
    short = keys[words <= 1]
    if len(short):
        sentence = f"{counted(len(short), 'text')} {is_are(len(short))} a single word, which says little on its own."
        findings.append(finding("short texts", "note", sentence, short.tolist()))
    foreign = script_finding(dataset.items["text"])
    return [*findings, foreign] if foreign else findings


def script_finding(texts: pd.Series) -> Finding | None:
    """That there are letters which the default encoder has hardly seen."""
    foreign = {name: share for name, share in scripts(texts).items() if name != "Latin" and share >= 0.05}
    if not foreign:
        return None
    named = ", ".join(f"{name} {100 * share:.0f} %" for name, share in foreign.items())
    sentence = f"Some letters are not Latin ({named}), but the default encoder was trained on English."
    return finding("scripts", "warning", sentence)


def scripts(texts: pd.Series) -> dict[str, float]:
    """Share of letters in each script over up to 1,000 texts, the commonest first, at least 0.5 %.

    The script is the first word of a letter's Unicode name (LATIN SMALL LETTER A).
    """
    counted: Counter[str] = Counter()
    for text in texts.iloc[:: max(1, len(texts) // SCRIPT_SAMPLE)]:
        counted.update(letter for letter in str(text)[:400] if letter.isalpha())
    by_script: Counter[str] = Counter()
    for letter, n in counted.items():
        by_script[unicodedata.name(letter, "OTHER").split()[0].title()] += n
    total = sum(by_script.values()) or 1
    return {name: n / total for name, n in by_script.most_common() if n / total >= 0.005}
