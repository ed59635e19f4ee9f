"""What documents, questions and answers are like, and what that means for answering."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from advisor.core.records import Dataset, Finding
from advisor.core.wording import counted
from advisor.data.inspect.duplicates_text import equal_texts, resembling, unspaced, words
from advisor.data.profile.findings import finding, is_are
from advisor.data.profile.text import script_finding
from probes.reading import normalised
from probes.retrieval.chunks import split
from probes.retrieval.measures import VERDICTS

#: With fewer test questions the interval of a measured share is wider than 0.35.
FEW_TEST = 30
#: A reader that copies words cannot reach an answer that is not there to be copied.
FEW_LITERAL = 0.8
LONG_ANSWER_WORDS = 10
KINDS = {"span": "words of the document", "verdict": "yes, no or maybe", "free": "paraphrased"}


@dataclass(frozen=True)
class QuestionCounts:
    """What the facts and findings about a "qa" dataset count.

    Shape: document_tokens (documents,), chunk_tokens (chunks,), kinds (questions,) of "span", "verdict", "free" or
    "none" (the documents do not answer), answer_words (answered questions,).
    """

    dataset: Dataset
    document_tokens: np.ndarray
    chunk_tokens: np.ndarray

    @classmethod
    def of(cls, dataset: Dataset) -> QuestionCounts:
        """Count tokens with the default encoder's tokenizer, and cut the documents as the index does."""
        from advisor.data.read.documents import documents_of
        from probes.backbones import catalog
        from probes.retrieval.chunks import n_tokens, tokenizer_of

        tokenizer: Any = tokenizer_of(catalog.default("text"))
        chunks = split(documents_of(dataset.documents), tokenizer)
        texts = dataset.documents["text"].tolist()
        return cls(
            dataset,
            np.array(n_tokens(texts, tokenizer), dtype=np.int64),
            np.array(n_tokens([chunk.text for chunk in chunks], tokenizer), dtype=np.int64),
        )

    @cached_property
    def answers(self) -> list[list[str]]:
        """The accepted answers of each question."""
        return [json.loads(cell) for cell in self.dataset.items["answers"]]

    @cached_property
    def kinds(self) -> np.ndarray:
        """How each question is answered; without a named document the words may stand in any."""
        table = self.dataset.documents
        plain = {name: f" {normalised(text)} " for name, text in zip(table["document"], table["text"], strict=True)}
        anywhere = "\n".join(plain.values())
        places = [plain.get(name, anywhere) for name in self.dataset.items["document"]]
        return np.array([_kind(answers, place) for answers, place in zip(self.answers, places, strict=True)])

    @cached_property
    def answer_words(self) -> np.ndarray:
        """Words of each answered question's first answer."""
        return np.array([len(answers[0].split()) for answers in self.answers if answers], dtype=np.int64)

    def sizes(self) -> dict[str, np.ndarray]:
        """What can be plotted, by name."""
        return {
            "document_tokens": self.document_tokens,
            "chunk_tokens": self.chunk_tokens,
            "answer_words": self.answer_words,
        }


def _kind(answers: list[str], place: str) -> str:
    phrases = [phrase for answer in answers if (phrase := normalised(answer))]
    if not phrases:
        return "free" if answers else "none"
    if all(phrase in VERDICTS for phrase in phrases):
        return "verdict"
    return "span" if any(f" {phrase} " in place for phrase in phrases) else "free"


def question_facts(counts: QuestionCounts) -> dict[str, str]:
    """Title and value, for the page's table."""
    tokens, chunks = counts.document_tokens, counts.chunk_tokens
    kinds = Counter(counts.kinds.tolist())
    n_none = kinds.pop("none", 0)
    n_answered = sum(kinds.values())
    shares = ", ".join(
        f"{KINDS[kind]} {100 * n / n_answered:.0f} %" for kind, n in kinds.most_common() if n >= 0.005 * n_answered
    )
    return {
        "Documents": f"{len(tokens):,}",
        "Tokens": f"{tokens.sum():,} (a document: median {np.median(tokens):,.0f}, longest {tokens.max():,})",
        "Chunks": f"{len(chunks):,} (median {np.median(chunks):.0f} tokens)" if len(chunks) else "0",
        "Questions": f"{len(counts.kinds):,}, {_unanswered_of(n_none)}",
        "Answers": shares or "none",
        "Answer length": f"median {counted(int(np.median(counts.answer_words)), 'word')}" if n_answered else "none",
    }


def _unanswered_of(n: int) -> str:
    if not n:
        return "all answered by the documents"
    return f"of which {n:,} {'is' if n == 1 else 'are'} not answered by the documents"


def question_findings(counts: QuestionCounts) -> list[Finding]:
    """Everything about documents, questions and answers that changes what can be expected."""
    findings = [
        few_test_questions(counts),
        literal(counts),
        verdicts(counts),
        unanswered(counts),
        long_answers(counts),
        unnamed(counts),
        unasked(counts),
        *copies_of_documents(counts),
        script_finding(counts.dataset.documents["text"]),
    ]
    return [one for one in findings if one is not None]


def few_test_questions(counts: QuestionCounts) -> Finding | None:
    """That the locked part is too small to tell much."""
    n = int((counts.dataset.items["part"] == "test").sum())
    if n >= FEW_TEST:
        return None
    sentence = f"The test part has {counted(n, 'question')}, so its value is known to within 20 points at best."
    return finding("few test questions", "warning", sentence)


def literal(counts: QuestionCounts) -> Finding | None:
    """How many answers stand word for word in their document, of those that could."""
    free, span = counts.kinds == "free", counts.kinds == "span"
    n = int(free.sum() + span.sum())
    if not n or span.sum() / n >= FEW_LITERAL:
        return None
    sentence = (
        f"{span.sum():,} of {counted(n, 'answer')} {is_are(int(span.sum()))} in the document word for word; the others "
        f"are paraphrased, which a reader that copies cannot reach and exact match counts as wrong."
    )
    keys = counts.dataset.items["key"][free].tolist()
    return finding("answers in other words", "warning" if span.sum() < 0.5 * n else "note", sentence, keys)


def verdicts(counts: QuestionCounts) -> Finding | None:
    """That answers are yes, no or maybe, and what always saying the commonest would reach."""
    places = np.flatnonzero(counts.kinds == "verdict")
    n_answered = int((counts.kinds != "none").sum())
    if not len(places) or len(places) < 0.1 * n_answered:
        return None
    commonest, n = Counter(normalised(counts.answers[place][0]) for place in places).most_common(1)[0]
    sentence = (
        f"{100 * len(places) / n_answered:.0f} % of the answers are yes, no or maybe; always saying {commonest} would "
        f"be right for {100 * n / len(places):.0f} % of them."
    )
    return finding("yes or no", "note", sentence)


def unanswered(counts: QuestionCounts) -> Finding | None:
    """How many questions the documents do not answer."""
    n = int((counts.kinds == "none").sum())
    share = n / len(counts.kinds)
    if not n:
        sentence = (
            "The documents answer every question, so nobody can measure whether a missing answer is noticed. "
            "Add some questions with answers [] to find out."
        )
        return finding("unanswerable", "note", sentence)
    sentence = (
        f"{counted(n, 'question')} ({100 * share:.0f} %) {is_are(n)} not answered by the documents, so refusing every "
        f"time would score {100 * share:.0f} %."
    )
    return finding("unanswerable", "warning" if share > 0.5 else "note", sentence)


def long_answers(counts: QuestionCounts) -> Finding | None:
    """That answers are sentences, which token F1 compares word by word."""
    if not len(counts.answer_words) or np.median(counts.answer_words) <= LONG_ANSWER_WORDS:
        return None
    sentence = (
        f"Half of the answers have {np.median(counts.answer_words):.0f} words or more; token F1 compares words, not "
        f"meaning, so a right answer in other words scores low."
    )
    return finding("long answers", "warning", sentence)


def unnamed(counts: QuestionCounts) -> Finding | None:
    """Answered questions that do not say where their answer stands."""
    table = counts.dataset.items
    mask = (table["document"] == "").to_numpy() & (counts.kinds != "none")
    n = int(mask.sum())
    if not n:
        return None
    sentence = (
        f"{counted(n, 'question')} {'names' if n == 1 else 'name'} no document, so a search counts as right when it "
        f"finds the words of an answer, anywhere."
    )
    return finding("questions without a document", "note", sentence, table["key"][mask].tolist())


def unasked(counts: QuestionCounts) -> Finding | None:
    """Documents that no question is about: they make the search harder, and nobody knows how well they answer."""
    documents = counts.dataset.documents["document"]
    n = int((~documents.isin(set(counts.dataset.items["document"]))).sum())
    if n in (0, len(documents)):
        return None
    they = "it is" if n == 1 else "they are"
    sentence = f"No question is about {n:,} of {counted(len(documents), 'document')}; {they} still searched."
    return finding("documents without a question", "note", sentence)


def copies_of_documents(counts: QuestionCounts) -> list[Finding]:
    """Documents that say the same as an earlier one, exactly or nearly."""
    table = counts.dataset.documents
    plain = [unspaced(text) for text in table["text"]]
    exact = {later for _, later in equal_texts(plain)}
    near = {later for _, later in resembling([words(text) for text in plain], skip=exact)}
    findings = []
    copies = "an exact copy" if len(exact) == 1 else "exact copies"
    for check, rows, what in (
        ("duplicate documents", exact, f"{copies} of another one"),
        ("similar documents", near, "near copies of another one"),
    ):
        if rows:
            n = len(rows)
            sentence = f"{counted(n, 'document')} {is_are(n)} {what}; a search may find and cite the outdated one."
            names = table["document"].iloc[sorted(rows)].tolist()
            findings.append(finding(check, "warning" if n > 0.05 * len(table) else "note", sentence, names))
    return findings
