"""How a finished run came about: what was compared, the race of settings, the seeds, and the settings it used."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from advisor.core import storage, wording
from advisor.core.errors import PeopleError
from advisor.core.records import RunReport
from advisor.core.workspace import RunFiles
from advisor.ui import charts, parts
from advisor.ui.charts import training
from probes import failures

#: What the values of the validation part are called; the rest keeps its own name.
VALIDATION = {
    "value": "Kept model",
    "frozen": "Frozen head",
    "tuned": "Fine-tuned",
    "network": "Network from scratch",
    "words": "Word counts",
}
#: Values that are no share reached; what they say stands in the report's sentences.
OTHER = ("temperature", "ece_before", "ece", "gain", "gain_error", "n")
#: Settings whose own names are short for people.
SETTING = {
    "n_train": "Training items",
    "n_validation": "Validation items looked at while training",
    "n_seeds": "Seeds",
    "n_items": "Items",
    "n_passages": "Passages searched",
    "k": "Passages read for an answer",
    "threshold": "Similarity below which nothing supports an answer",
    "type": "What it answers from",
}
#: Sentences after the promise that stand on the page itself: that fine-tuning was dropped must not be hidden.
OPEN = 2


def draw(folder: Path, report: RunReport) -> None:
    """One expander; what the run did not write is not there."""
    settings = resolved(folder)
    with st.expander("How it was trained", icon=":material/build:"):
        for sentence in told(report)[OPEN:]:
            st.text(sentence)
        validation(report)
        if laps := settings.get("race"):
            parts.note("The race of settings: validation loss against steps; the weaker half drops out at each turn.")
            figure = training.race(laps)
            st.plotly_chart(figure, config=charts.CONFIG, key="race", alt="Validation loss of each candidate")
            rows = pd.DataFrame([race_row(lap) for lap in laps])
            st.dataframe(rows, hide_index=True, alt="Each candidate of the race")
        rows = pd.DataFrame(facts(settings), columns=["Setting", "Value"])
        if len(rows):
            st.dataframe(rows, hide_index=True, alt="The settings that were used")


def told(report: RunReport) -> tuple[str, ...]:
    """What the report says after the promise, without what another section says in its own place."""
    failed = failures.sentence(report.outcomes)
    return tuple(sentence for sentence in report.sentences[1:] if sentence != failed)


def resolved(folder: Path) -> dict[str, Any]:
    """The settings as the run resolved them; none where the file is not there or not readable."""
    path = RunFiles(folder).resolved
    try:
        storage.check_manifest(folder, path.name)
        return dict(storage.read_json(path)) if path.is_file() else {}
    except PeopleError:
        return {}


def validation(report: RunReport) -> None:
    """What was compared on the validation part."""
    shares = {
        VALIDATION.get(name, wording.capital(name)): value
        for name, value in report.validation.items()
        if name not in OTHER and 0 <= value <= 1
    }
    n = int(report.validation.get("n", 0))
    if n and len(shares) > 1:
        values = ", ".join(f"{name.lower()} {wording.percent(value)}" for name, value in shares.items())
        parts.note(f"On {wording.counted(n, 'validation item')}: {values}.")


def race_row(lap: dict[str, Any]) -> dict[str, Any]:
    """A lap as a row of the table."""
    loss = lap.get("loss")
    return {
        "Layers, learning rate": training.candidate(lap),
        "Steps": lap["steps"],
        "Validation value": wording.percent(lap["value"]),
        "Loss": "diverged" if loss is None else f"{loss:.3f}",
    }


def facts(settings: dict[str, Any]) -> list[tuple[str, str]]:
    """Every plain setting with its value in words; tables and empty values are left out.

    >>> facts({"learning_rate": 0.001, "depths": ["a", "b"], "race": [{}], "seconds": None})
    [('Learning rate', '0.001'), ('Depths', 'a, b')]
    """
    rows = []
    for name, value in settings.items():
        plain = value if isinstance(value, (list, tuple)) else [value]
        if value is None or not plain or any(isinstance(one, (dict, list)) for one in plain):
            continue
        value_words = ", ".join(_plain(one) for one in plain)
        rows.append((SETTING.get(name, wording.capital(name.replace("_", " "))), wording.short(value_words, 200)))
    return rows


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
