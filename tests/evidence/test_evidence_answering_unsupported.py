"""Questions whose answers stand nowhere in the documents word for word: measured and advised on all the same."""

from __future__ import annotations

from pathlib import Path

import pytest

import advisor
from advisor.evidence.answering.wording import UNKNOWN

VERBS = ("start", "stop", "reset", "clean")


@pytest.mark.slow
def test_answers_in_words_of_their_own_are_advised_on_and_the_search_is_said_to_be_unknown(tmp_path: Path) -> None:
    documents = tmp_path / "set" / "documents"
    documents.mkdir(parents=True)
    lines = ["question,answer"]
    for seconds, thing in enumerate(("kettle", "printer", "router", "scanner", "lamp", "heater"), start=2):
        said = [f"To {verb} the {thing}, press its button for {seconds} seconds." for verb in VERBS]
        (documents / f"{thing}.md").write_text("\n\n".join((f"# The {thing}", *said)), encoding="utf-8")
        lines += [f"How do I {verb} the {thing}?,Hold its key down until it glows." for verb in VERBS]
    (tmp_path / "set" / "questions.csv").write_text("\n".join(lines), encoding="utf-8")
    advice = advisor.advise(tmp_path / "set", budget=5.0)
    assert advice.estimate("rag").available and advice.estimate("rag").value is not None
    evidence = advisor.probe(tmp_path / "set", budget=5.0)
    assert evidence.result("retrieval") is None and UNKNOWN in evidence.notes
