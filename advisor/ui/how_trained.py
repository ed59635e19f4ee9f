"""How a finished run was trained: what was compared, the race of settings with its figure, the settings used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from advisor.core import storage, wording
from advisor.core.errors import PeopleError
from advisor.core.ladder import rung
from advisor.core.records import RunReport
from advisor.core.workspace import RunFiles
from advisor.runs.settings import flat, worded
from advisor.training.settings import Candidate
from advisor.ui import alts, charts, parts, terms
from advisor.ui.charts import GREY, TEAL, base
from advisor.ui.setting_names import shown, title

#: What the values on the validation part are called; the rest keeps its own name.
VALIDATION = {
    "value": "Kept model",
    "frozen": "Frozen head",
    "tuned": "Fine-tuned",
    "network": "Network from scratch",
    "words": "Word counts",
}
#: Values that are not a share of right answers; the report's sentences tell them.
OTHER = ("temperature", "ece_before", "ece", "gain", "gain_error", "n")
#: Sentences after the first that stand on the page itself: that fine-tuning was dropped must not be hidden.
N_OPEN = 2


def draw(folder: Path, report: RunReport) -> None:
    """A fold with what the run wrote about its training."""
    label = "How it was trained" if rung(report.served).trains else "How it was made"
    parts.fold(label, "build", partial(inside, folder, report))


def inside(folder: Path, report: RunReport) -> None:
    """The report's further sentences, what was compared, the race of settings, and the settings used."""
    settings = resolved(folder)
    for sentence in report.sentences[1 + n_open(report) :]:
        parts.text(sentence)
    validation(report)
    if laps := settings.get("race"):
        parts.note("The race of settings: validation loss against steps. Each round drops the weaker half.")
        figure = race(laps)
        st.plotly_chart(figure, config=charts.CONFIG, key="race", alt=alts.race(laps))
        rows = pd.DataFrame([race_row(lap) for lap in laps])
        st.dataframe(rows, hide_index=True, alt="Each candidate of the race")
    rows = pd.DataFrame(facts(settings), columns=["Setting", "Value"])
    if len(rows):
        st.dataframe(rows, hide_index=True, alt="The settings that were used")


def open_sentences(report: RunReport) -> tuple[str, ...]:
    """The report's sentences after the first that the page shows unfolded."""
    return report.sentences[1 : 1 + n_open(report)]


def n_open(report: RunReport) -> int:
    """How many sentences after the first stand on the page itself; that only a part was learned from is one more."""
    return N_OPEN + bool(report.partial)


def resolved(folder: Path) -> dict[str, Any]:
    """The settings as the run resolved them; none where there is no readable file."""
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
        "Layers, learning rate": candidate(lap),
        "Steps": lap["steps"],
        "Validation value": wording.percent(lap["value"]),
        "Loss": "diverged" if loss is None else f"{loss:.3f}",
    }


def facts(settings: dict[str, Any]) -> list[tuple[str, str]]:
    """Every plain setting that says something, with its value in words; tables are left out.

    >>> facts({"learning_rate": 0.001, "depths": ["a", "b"], "race": [{}], "seconds": None, "patience": 0})
    [('Learning rate', '0.001'), ('Layers under the head', 'a, b')]
    """
    rows = []
    for name, value in flat(settings).items():
        plain = value if isinstance(value, (list, tuple)) else [value]
        if not any(isinstance(one, (dict, list)) for one in plain) and (words := shown(name, worded(value))):
            rows.append((title(name), words))
    return rows


def candidate(lap: Mapping[str, Any]) -> str:
    """A candidate of a race in the words of the report.

    >>> candidate({"learning_rate": 0.0003, "depth": 0.5, "adapters": False})
    'top 50 % of the blocks at learning rate 0.0003'
    """
    return str(Candidate(float(lap["learning_rate"]), float(lap.get("depth", 1.0)), bool(lap.get("adapters"))))


def race(laps: Sequence[Mapping[str, Any]]) -> go.Figure:
    """Validation loss of every candidate against its steps; the one that went furthest with the least loss in teal."""
    runs: dict[str, list[Mapping[str, Any]]] = {}
    for lap in laps:
        runs.setdefault(candidate(lap), []).append(lap)
    ends = {name: own[-1] for name, own in runs.items() if own[-1]["loss"] is not None}
    winner = min(ends, key=lambda name: (-ends[name]["steps"], ends[name]["loss"])) if ends else ""
    figure = base(280, showlegend=False)
    for name, own in runs.items():
        known = [lap for lap in own if lap["loss"] is not None]
        color = TEAL if name == winner else GREY
        figure.add_trace(
            go.Scatter(
                x=[lap["steps"] for lap in known], y=[lap["loss"] for lap in known], mode="lines+markers",
                name=terms.plotted(name, 60), line={"color": color, "width": 2.5 if name == winner else 1.3},
                marker={"size": 8}, customdata=[wording.percent(lap["value"]) for lap in known],
                hovertemplate=f"<b>{terms.plotted(name, 60)}</b><br>%{{x}} steps: loss %{{y:.3f}}, %{{customdata}}"
                              "<extra></extra>",
            )
        )  # fmt: skip
    figure.update_xaxes(title="Steps", rangemode="tozero")
    figure.update_yaxes(title="Validation loss")
    return figure
