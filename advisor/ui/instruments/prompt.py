"""What was the language model asked? The prompt as it was, to be changed and measured again."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from advisor import api
from advisor.core import wording
from advisor.core.errors import PeopleError
from advisor.core.records import Advice, Dataset, Evidence, ProbeResult, Goal
from advisor.llm.asking import Ask
from advisor.ui import jobs, language, parts
from probes.progress import Progress
from probes.prompting import Template

#: The results of asking a language model for a class, the plainest first; the last is the user's own wording.
ZERO, OWN = "prompt-zero", "prompt-own"
PROMPTS = (ZERO, "prompt-few", "prompt-nearest", OWN)
HELP = (
    "{labels} becomes the classes, {examples} the labelled examples, {text} the text. The lines from {text} on are the "
    "pattern of a question; the last line is the beginning of the answer."
)
EXAMPLE_CHARACTERS = 600
SHOTS = (0, 4, 8, 16, 32)


def draw(dataset: Dataset, evidence: Evidence) -> None:
    """The section; nothing where no language model was asked."""
    if dataset.kind == "qa":
        wordings(evidence)
        return
    asked = [found for name in PROMPTS if (found := evidence.result(name)) is not None]
    if not asked:
        return
    parts.section("What was the language model asked?")
    parts.answer_line(answer(asked, evidence.metric))
    table(asked)
    edit(dataset, evidence)


def answer(asked: list[ProbeResult], metric: str) -> str:
    """The best prompt, and what calibration does to it."""
    best = max(asked, key=lambda found: found.measured.value)
    raw = best.settings.get("raw")
    beside = f" Without calibration the same prompt reaches {wording.percent(raw)}." if isinstance(raw, float) else ""
    return f"{best.title}: {metric} {wording.measured(best.measured)}.{beside}"


def table(asked: list[ProbeResult]) -> None:
    """Each prompt, calibrated and raw, and what it brings over the way without a language model."""
    rows = [
        {
            "Prompt": found.title,
            "Calibrated": wording.percent(found.measured.value),
            "90\u00a0% interval": wording.between(found.measured.low, found.measured.high),
            "Raw": _percent(found.settings.get("raw")),
            "n": wording.count(found.measured.n),
            "Over the way without it": _points(found.settings.get("gain"), found.settings.get("gain_error")),
        }
        for found in asked
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True, alt="Each prompt, calibrated and raw")
    parts.note(
        "Calibrated: the model's leaning to a class, whatever the text, is divided out. The last column is the gain "
        "over class names or neighbours alone on the same items, with its standard error."
    )


def _percent(share: Any) -> str:
    return wording.percent(share) if isinstance(share, float) else ""


def _points(gain: Any, error: Any) -> str:
    if gain is None or error is None:
        return ""
    return f"{100 * gain:+.1f} ± {100 * error:.1f} points".replace("-", "\u2212")


def edit(dataset: Dataset, evidence: Evidence) -> None:
    """The template, the classes' words and the model, to be changed; an example of the prompt; and the measurement."""
    key = jobs.key_of("prompt", dataset.fingerprint)
    job = jobs.find(key)
    if job is not None and (not job.finished or job.error):
        parts.wait(job)
        if not job.error:
            return
    shown = evidence.result(OWN) or evidence.result(ZERO)
    if shown is None:
        return
    try:
        before = Ask.of(shown.settings["ask"])
    except (KeyError, TypeError):  # the record has a version, the settings inside it have none
        parts.note("Another version of this program asked this prompt. Measure the evidence again to change it.")
        return
    former, own = st.session_state.get(f"former-{key}"), evidence.result(OWN)
    if former and own is not None:
        st.text(f"Your prompt now reaches {wording.measured(own.measured)}. Before, {former[0]}: {former[1]}.")
    with st.expander("The prompt, to be changed and measured again", icon=":material/edit:"):
        ask, shots = asked_for(dataset, before)
        if rendered(dataset, ask) and st.button("Measure this prompt", key="measure-prompt", type="primary"):
            st.session_state[f"former-{key}"] = (shown.title, wording.measured(shown.measured))
            measure(dataset, ask, shots)


def asked_for(dataset: Dataset, before: Ask) -> tuple[Ask, int]:
    """The fields, filled with the present prompt; and how many labelled examples stand in it."""
    at = dataset.fingerprint[:8]
    template = st.text_area("Template", before.template, height=220, key=f"template-{at}", help=HELP)
    left, right = st.columns(2)
    with left:
        model = language.choose(f"prompt-{at}", before.model)
    choices = sorted({*SHOTS, len(before.examples)})
    shots = right.select_slider("Labelled examples in it", choices, len(before.examples), key=f"shots-{at}")
    return Ask(model, template, before.labels, before.examples[:shots]), shots


def rendered(dataset: Dataset, ask: Ask) -> bool:
    """One prompt as the model gets it, for a training text; what is wrong with the template instead."""
    try:
        Template(ask.template).check()
        text = str(dataset.items["text"].iloc[int(dataset.where("train")[0])])
        whole = ask.prompt_of(wording.cut(text, EXAMPLE_CHARACTERS)[0])
    except PeopleError as error:
        parts.problem(str(error), "This prompt cannot be asked.")
        return False
    parts.note("As the model gets it, for one training text:")
    st.code(whole, language=None, wrap_lines=True, height=220)
    return True


def measure(dataset: Dataset, ask: Ask, shots: int) -> None:
    """Start measuring the prompt, on the evidence that the advice stands on where there is advice."""
    key = jobs.key_of("prompt", dataset.fingerprint)
    jobs.forget(key)
    advice = Advice.saved(dataset.files.advice)
    question = advice.question if advice is not None else Goal()

    def work(tell: Progress) -> ProbeResult:
        return api.prompt(
            dataset, ask.template, model=ask.model, shots=shots, backbone=question.backbone,
            budget=question.budget_seconds, progress=tell,
        )  # fmt: skip

    jobs.start(key, "Measuring the prompt", work)
    st.rerun()


def wordings(evidence: Evidence) -> None:
    """How the questions were put, as they were."""
    with st.expander("What the language model was asked", icon=":material/chat:"):
        for name in ("closed book", "retrieved"):
            found = evidence.result(name)
            if found is not None and (prompt := found.settings.get("prompt")):
                parts.note(found.title)
                whole = "\n".join(part for part in (prompt["system"], prompt["user"], prompt["begin"]) if part)
                st.code(whole, language=None, wrap_lines=True)
