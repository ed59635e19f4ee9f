"""What questions and documents lack, and what to do about it, in the words of the error."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from advisor.core.wording import counted, listed
from advisor.data.read.documents import Documents, scans_beside
from advisor.data.read.listing import Listing
from advisor.data.read.ocr import OFFER, recogniser
from advisor.data.read.tree import Tree

#: With fewer, the locked test part has less than four questions and says nothing.
MIN_QUESTIONS = 20
HOW_TO_WRITE = (
    'Put a questions.jsonl beside the documents, one line per question such as {"question": "What does it cost?", '
    '"answers": ["12 euros"], "document": "prices.md"}; "answers": [] marks a question that they do not answer.'
)


def no_questions(root: Path, documents: Sequence[str]) -> str:
    """What to do where there are documents only, or not even those."""
    found = f"{counted(len(documents), 'document')} ({listed(documents, 2)})" if documents else "no documents with text"
    return (
        f"{root} holds {found} and no questions. Measuring needs questions with known answers: at least "
        f"{MIN_QUESTIONS}, better 100. {HOW_TO_WRITE}"
    )


def no_documents(tree: Tree, documents: Documents) -> str:
    """Questions without a document that could be read."""
    root, scans = tree.root, scans_beside(tree, [])
    pages = f" If its {counted(len(scans), 'image')} are scans: {OFFER}" if scans and recogniser() is None else ""
    if documents.set_aside:
        entry = documents.set_aside[0]
        return (
            f"None of the {counted(len(documents.set_aside), 'document')} in {root} can be read. "
            f"The first is {entry.key}: {entry.reason}"
        )
    return (
        f"{root} holds questions and no documents.{pages} Put Markdown, text, HTML or PDF files beside them, a "
        f"docs.jsonl with id, title and text, or a column context in the table of questions. "
        f"If they are elsewhere, give the folder that holds both."
    )


def n_different(items: pd.DataFrame) -> int:
    """Questions that are no copies: another text, another document or other answers."""
    return len(items[["text", "document", "answers"]].drop_duplicates())


def mostly_copies(root: Path, n: int, n_unlike: int) -> str:
    """Questions of which too few are different."""
    different = "1 is different" if n_unlike == 1 else f"{n_unlike} are different"
    return (
        f"{root} has {counted(n, 'question')}, but only {different}; the others are copies. Measuring needs at least "
        f"{MIN_QUESTIONS}. Write at least {MIN_QUESTIONS - n_unlike} more."
    )


def too_few(root: Path, listing: Listing) -> str:
    """Fewer questions than measuring needs."""
    n_aside = len(listing.set_aside)
    aside = f" {counted(n_aside, 'question')} set aside.{listing.first_cause}" if n_aside else ""
    return (
        f"{root} has {counted(len(listing.items), 'question')} that can be used, but measuring needs at least "
        f"{MIN_QUESTIONS}.{aside} Write at least {MIN_QUESTIONS - len(listing.items)} more."
    )
