"""What did the probes measure? Each value with its interval, its n and its seconds, and on what device."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from advisor import api
from advisor.core import wording
from advisor.core.records import Dataset, Evidence, ProbeResult
from advisor.ui import charts, jobs, language, parts, places
from advisor.ui.instruments import answering, curve, depth, domain, issues, prompt, scores

QUESTION = "What did the probes measure?"


def draw() -> None:
    """The page."""
    dataset = parts.need_dataset(QUESTION)
    key = jobs.key_of("probe", dataset.fingerprint)
    job = jobs.find(key)
    if job is not None and (not job.finished or job.error):
        parts.heading(QUESTION, f"Measuring {parts.describe(dataset)}.")
        parts.wait(job)
        return
    evidence = Evidence.saved(dataset.files.evidence)
    if evidence is None:
        parts.heading(QUESTION, f"Nothing yet on {parts.describe(dataset)}. Measuring takes about a minute.")
        model = language.choose("probe") if dataset.kind == "qa" else None
        if st.button("Measure now", key="measure", type="primary", icon=":material/science:"):
            jobs.start(key, "Measuring", lambda tell: api.probe(dataset, backbone=model, progress=tell))
            st.rerun()
        return
    if dataset.kind == "qa":
        parts.heading(QUESTION, answering.answer(evidence))
        answering.draw(dataset, evidence)
        table(evidence, answering.remarks(evidence))
        prompt.draw(dataset, evidence)
        answering.at_once(dataset, evidence)
    else:
        parts.heading(QUESTION, answer(evidence))
        dots = charts.evidence(evidence)
        st.plotly_chart(dots, config=charts.CONFIG, key="dots", alt="Value and interval of each probe")
        table(evidence, evidence.notes)
        per_class(dataset, evidence)
        for instrument in (prompt, curve, issues, depth, domain, scores):
            instrument.draw(dataset, evidence)
    backbone(dataset, evidence)
    if st.button("Get advice", key="get-advice", type="primary", icon=":material/stairs:"):
        places.go("advice", ask="1")


def answer(evidence: Evidence) -> str:
    """The best probe and by how much it beats the majority class."""
    if not evidence.results:
        return "The probes gave no number on this dataset; the remarks below say why."
    best = max(evidence.results, key=lambda r: r.measured.value)
    floor = evidence.result("majority")
    over = f", against {wording.percent(floor.measured.value)} for always guessing the same class" if floor else ""
    interval = wording.between(best.measured.low, best.measured.high)
    return (
        f"The best is {best.title}: {wording.percent(best.measured.value)} {evidence.metric} "
        f"({interval}, n = {wording.count(best.measured.n)}){over}."
    )


def table(evidence: Evidence, remarks: Sequence[str]) -> None:
    """One row for each probe."""
    rows = [
        {
            "Probe": r.title,
            "Value": wording.percent(r.measured.value),
            "90 % interval": wording.between(r.measured.low, r.measured.high),
            "n": wording.count(r.measured.n),
            "Took": wording.duration(r.measured.seconds),
            "Provenance": r.measured.provenance,
            "Backbone": r.backbone or str(r.settings.get("language_model", "none")),
            "Remark": how(r),
        }
        for r in sorted(evidence.results, key=lambda r: -r.measured.value)
    ]
    frame = pd.DataFrame(rows)
    if not frame["Remark"].any():
        frame = frame.drop(columns="Remark")
    st.dataframe(frame, hide_index=True, alt="Every probe with value, interval, n and seconds")
    parts.note(
        f"Measured on the {wording.count(evidence.n_train)} training items only; the "
        f"{wording.count(evidence.n_test)} test items were not read. {wording.duration(evidence.seconds)} in all."
    )
    for remark in remarks:
        parts.note(remark)


def how(result: ProbeResult) -> str:
    """How the probe went about it, in a few words."""
    k, exact = result.settings.get("k"), result.settings.get("exact_match")
    if isinstance(exact, float):
        return f"exact match {wording.percent(exact)}"
    return result.measured.note or str(result.settings.get("method", "")) or (neighbours(k) if k else "")


def neighbours(k: int) -> str:
    """Who decides among k neighbours."""
    return "the nearest decides" if k == 1 else f"{k} neighbours vote"


def per_class(dataset: Dataset, evidence: Evidence) -> None:
    """Recall of each class under the probes that give it, the hardest class first."""
    columns = {r.title: r.per_class for r in evidence.results if r.per_class}
    if not columns:
        return
    with st.expander("Recall per class", icon=":material/table_rows:"):
        frame = pd.DataFrame({"Class": list(dataset.classes)})
        for title, shares in columns.items():
            frame[title] = [_hundredfold(shares.get(name)) for name in dataset.classes]
        linear = evidence.result("linear")
        hardest = linear.title if linear is not None and linear.title in frame else frame.columns[-1]
        frame = frame.sort_values(hardest, na_position="last")
        shown = {t: st.column_config.NumberColumn(format="%.1f %%") for t in columns}
        st.dataframe(frame, hide_index=True, column_config=shown, alt="Recall per class")


def _hundredfold(share: float | None) -> float | None:
    return None if share is None else 100 * share


def backbone(dataset: Dataset, evidence: Evidence) -> None:
    """The backbone, its hash, and the device with the reason for its precision."""
    parts.section("On what")
    if dataset.kind == "qa":
        st.text(evidence.device_reason)
        parts.note(f"{evidence.backbone}, weights or address {evidence.backbone_hash}")
        return
    unit = "px" if dataset.kind == "image" else "tokens"
    with st.grid(3, min_column_width=160):
        st.metric("Device", evidence.device.upper(), border=True, height="stretch")
        st.metric("Input size", f"{evidence.input_size} {unit}", border=True, height="stretch")
        st.metric("Training items", wording.count(evidence.n_train), border=True, height="stretch")
    st.text(evidence.backbone)
    st.text(evidence.device_reason)
    parts.note(f"Weights SHA-256 {evidence.backbone_hash}")


if __name__ == "__main__":
    draw()
