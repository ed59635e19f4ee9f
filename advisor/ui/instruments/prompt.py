"""What was the language model asked? The prompt, which can be edited and measured again."""

from __future__ import annotations

from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from advisor.core import wording
from advisor.core.errors import PeopleError
from advisor.core.records import Advice, Dataset, Evidence, Goal, ProbeResult
from advisor.llm.asking import PromptSetup
from advisor.ui import jobs, language, parts, waiting, work
from advisor.ui.cards import Card, Topic
from advisor.ui.instruments import probes
from probes.prompting import Template

#: The results of asking a language model for a class, the plainest first; the last is the user's own wording.
ZERO, OWN = "prompt-zero", "prompt-own"
PROMPTS = (ZERO, "prompt-few", "prompt-nearest", OWN)
HELP = (
    "{labels} becomes the classes, {examples} the labelled examples, {text} the text. The lines from {text} on are "
    "repeated for each example; the last line starts the answer."
)
EXAMPLE_CHARACTERS = 600
SHOTS = (0, 4, 8, 16, 32)


TOPIC = Topic("prompt", "Prompts", "How far does a prompt go?", always=False)


def card(dataset: Dataset, evidence: Evidence) -> Card | None:
    """Every prompt that was measured, and a field for another; None where no language model was asked."""
    results = [result for name in PROMPTS if (result := evidence.result(name)) is not None]
    if not results:
        return None
    # it waits for a job, which another fragment's thread must not
    return Card(TOPIC, answer(results, evidence.metric), partial(draw, dataset, evidence, results), how, apart=False)


def draw(dataset: Dataset, evidence: Evidence, results: list[ProbeResult]) -> None:
    """The table, and the prompt in a field."""
    table(results)
    edit(dataset, evidence)


def how() -> None:
    """What calibration is, and what the gain is over."""
    parts.note(
        "The model's probability of each class decides. Calibrated: its bias towards a class is divided out. The last "
        "column is the gain over class names or neighbours alone on the same items, with its standard error."
    )


def answer(results: list[ProbeResult], metric: str) -> str:
    """The best prompt, and what calibration does to it."""
    best = max(results, key=lambda result: result.measured.value)
    number, raw = best.measured, best.settings.get("raw")
    items = wording.counted(number.n, "item")
    reached = (
        f"{best.title}: {wording.percent(number.value)} {metric} ({wording.between(number.low, number.high)}, {items})"
    )
    beside = f"; without calibration, {wording.percent(raw)}" if isinstance(raw, float) else ""
    doubt = " With so few items, that may change a lot." if probes.unsure(number) else ""
    return f"{reached}{beside}.{doubt}"


def table(results: list[ProbeResult]) -> None:
    """Each prompt, calibrated and raw, and its gain over the way without a language model."""
    rows = [
        {
            "Prompt": result.title,
            "Calibrated": wording.percent(result.measured.value),
            "90 % interval": wording.between(result.measured.low, result.measured.high),
            "Raw": _percent(result.settings.get("raw")),
            "n": wording.count(result.measured.n),
            "Gain over no language model": _points(result.settings.get("gain"), result.settings.get("gain_error")),
        }
        for result in results
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True, alt="Each prompt, calibrated and raw")


def _percent(share: Any) -> str:
    return wording.percent(share) if isinstance(share, float) else ""


def _points(gain: Any, error: Any) -> str:
    if gain is None or error is None:
        return ""
    return f"{100 * gain:+.1f} ± {100 * error:.1f} points".replace("-", "\u2212")


def edit(dataset: Dataset, evidence: Evidence) -> None:
    """The template and the model in fields, an example of the prompt, and the button that measures it."""
    key = jobs.key_of("prompt", dataset.fingerprint)
    if (job := jobs.pending(key)) is not None:
        waiting.wait(job)
        if not job.error:
            return
    shown = evidence.result(OWN) or evidence.result(ZERO)
    if shown is None:
        return
    try:
        before = PromptSetup.of(shown.settings["ask"])
    except (KeyError, TypeError):  # the record has a version, the settings inside it have none
        parts.note("This prompt comes from another version of the program. Measure the evidence again to edit it.")
        return
    former, own = st.session_state.get(f"former-{key}"), evidence.result(OWN)
    if former and own is not None:
        parts.text(f"Your prompt now reaches {wording.measured(own.measured)}. Before: {former[0]}, {former[1]}.")
    with st.expander("Edit the prompt and measure it again", icon=":material/edit:"):
        ask, shots = edited(dataset, before)
        if rendered(dataset, ask) and st.button("Measure this prompt", key="measure-prompt"):
            st.session_state[f"former-{key}"] = (shown.title, wording.measured(shown.measured))
            measure(dataset, ask, shots)


def edited(dataset: Dataset, before: PromptSetup) -> tuple[PromptSetup, int]:
    """The fields, filled with the present prompt, and the number of labelled examples in it."""
    at = dataset.fingerprint[:8]
    template = st.text_area("Template", before.template, height=220, key=f"template-{at}", help=HELP)
    left, right = st.columns(2)
    with left:
        model = language.choose(f"prompt-{at}", before.model)
    choices = sorted({*SHOTS, len(before.examples)})
    shots = right.select_slider("Labelled examples in the prompt", choices, len(before.examples), key=f"shots-{at}")
    return PromptSetup(model, template, before.labels, before.examples[:shots]), shots


def rendered(dataset: Dataset, ask: PromptSetup) -> bool:
    """One prompt as the model gets it, for a training text; what is wrong with the template instead."""
    try:
        Template(ask.template).check()
        text = str(dataset.items["text"].iloc[int(dataset.where("train")[0])])
        whole = ask.prompt_of(wording.cut(text, EXAMPLE_CHARACTERS)[0])
    except PeopleError as error:
        parts.problem(str(error), "This prompt does not work.")
        return False
    parts.note("The prompt for one training text:")
    st.code(whole, language=None, wrap_lines=True, height=220)
    return True


def measure(dataset: Dataset, ask: PromptSetup, shots: int) -> None:
    """Start measuring the prompt, on the evidence that the advice stands on where there is advice."""
    key = jobs.key_of("prompt", dataset.fingerprint)
    jobs.forget(key)
    advice = Advice.saved(dataset.files.advice)
    question = advice.question if advice is not None else Goal()
    asked = partial(work.prompt, dataset, ask.template, ask.model, shots, question)
    jobs.start(key, "Measuring the prompt", asked)
    st.rerun()
