"""Take the model elsewhere: a form to choose, what came of checking the exported model, and its download."""

from __future__ import annotations

from functools import partial

import streamlit as st

from advisor.core.records import RunStatus
from advisor.exports.extra import missing
from advisor.exports.records import Exported
from advisor.ui import jobs, parts, waiting, work
from advisor.ui.zips import zipped

FORMS = {
    "folder": "A folder with everything",
    "onnx": "ONNX",
    "safetensors": "Safetensors",
}
HOLDS = {
    "folder": "Both forms, predict.py and train.py, a model card, the decision record, licences and a Dockerfile.",
    "onnx": "One model from pixels or text to probabilities, with predict.py: it runs with onnxruntime, without torch.",
    "safetensors": "All weights in one file, with class names and how inputs are made.",
}


def draw(status: RunStatus) -> None:
    """The part of the result page."""
    with st.container(border=True):
        form = st.segmented_control(
            "Take it elsewhere as", list(FORMS), default="folder", format_func=FORMS.__getitem__,
            key=f"export-form-{status.run}", required=True,
        )  # fmt: skip
        form = str(form or "folder")
        parts.note(HOLDS[form])
        key, done = jobs.key_of("export", status.run, form), exported(status, form)
        if (job := jobs.pending(key)) is not None:
            waiting.wait(job)
            return
        needs = missing() if form != "safetensors" else ""
        for sentence in (*(done.sentences if done else ()), *([needs] if needs else [])):
            parts.text(sentence)
        with st.container(horizontal=True):
            if done is not None:
                download(status, done)
            again = "Export again" if done is not None else "Export"
            pressed = st.button(again, key=f"export-{status.run}", icon=":material/output:", disabled=bool(needs))
        if pressed:
            jobs.start(key, "The export", partial(work.export, status.run, form))
            st.rerun()


def exported(status: RunStatus, form: str) -> Exported | None:
    """What was exported in this form before."""
    return Exported.saved(status.files.exports / form / Exported.NAME)


def download(status: RunStatus, done: Exported) -> None:
    """The exported folder as a zip."""
    folder = status.files.exports / done.form
    st.download_button(
        "Download (zip)",
        data=lambda: zipped(folder, f"{status.run}-{done.form}"),
        file_name=f"{status.run}-{done.form}.zip",
        mime="application/zip",
        key=f"download-export-{status.run}",
        icon=":material/download:",
        on_click="ignore",
    )
