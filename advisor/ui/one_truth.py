"""Why the number of a rung differs between pages: what was measured on what, a sentence for the page that says it."""

from __future__ import annotations

from collections.abc import Mapping

from advisor.advice.finished import Finished
from advisor.core import wording
from advisor.core.ladder import RungName, rung
from advisor.core.records import Evidence


def of_evidence(evidence: Evidence, runs: Mapping[RungName, Finished]) -> str:
    """What the probes' values stand on, beside what finished runs reached on the test part."""
    own = _measured_on(evidence)
    if not runs:
        return f"{own}; the forecasts on Advice are for the test part, after training on all of them."
    reached = wording.listed(
        f"{rung(name).title.lower()} {wording.percent(run.test.value)} {evidence.metric}"
        for name, run in sorted(runs.items(), key=lambda item: rung(item[0]).place)
        if name == run.rung
    )
    return f"{own}. Finished runs reached on the locked test part: {reached}."


def _measured_on(evidence: Evidence) -> str:
    """The items that the probes looked at, the beginning of a sentence; of questions, search and reading apart."""
    search = evidence.result("retrieval")
    if search is not None:
        read = f"{wording.count(evidence.n_sample)} of {wording.counted(evidence.n_train, 'training question')}"
        answered = wording.counted(search.measured.n, "training question")
        return f"The search is measured on {answered} that the documents answer, reading on {read}, before any training"
    sampled = wording.counted(evidence.n_train, "training item")
    if evidence.n_sample < evidence.n_train:
        sampled = f"{wording.count(evidence.n_sample)} of {sampled}"
    return f"The probes are cross-validated on {sampled} before any training"
