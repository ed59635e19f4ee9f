"""The curves of a run: loss and validation value as far as it has come, a line for each fold, candidate or seed.

The forecast and the frozen model's value are named in the legend: a label beside them would lie under some line.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import cycle
from typing import Any, NamedTuple

import pandas as pd
import plotly.graph_objects as go

from advisor.core import wording
from advisor.ui import terms
from advisor.ui.charts import BRICK, FADED, GREY, OCHRE, TEAL, base
from probes.measured import Measured

SLATE = "#6b7fb3"
#: Of the fits of one run, in their order.
FITS = (TEAL, OCHRE, BRICK, SLATE, GREY)
#: More names than these fill the picture; each still says its own under the pointer.
MOST_NAMED = 6
HEIGHT = 300
#: How validation is drawn: points, joined where they are of one fit.
JUDGED = "lines+markers"


class Fit(NamedTuple):
    """One fold, candidate or seed: its rows of the metrics, its colour, and whether it is the one under way."""

    name: str
    rows: pd.DataFrame
    color: str
    last: bool


def curves(metrics: pd.DataFrame) -> go.Figure:
    """Loss against the step or epoch: a line for each fit, its validation as joined points of the same colour."""
    figure, across = base(HEIGHT), _across(metrics)
    fits = list(_fits(metrics))
    for fit in fits:
        named = bool(fit.name) and len(fits) <= MOST_NAMED
        _draw(figure, fit, (across, "train_loss"), fit.name or "Training loss", "lines", legend=named or not fit.name)
        _draw(figure, fit, (across, "val_loss"), _validation(fit.name, "loss"), JUDGED, legend=not fit.name)
    figure.update_xaxes(title=across.capitalize(), range=_reach(metrics, across))
    figure.update_yaxes(title="Loss", range=_losses(metrics))
    return figure


def progress(metrics: pd.DataFrame, metric: str, promised: Measured | None = None) -> go.Figure:
    """The metric on the validation part, a line of points for each fit, over the forecast's band and the frozen value.

    What is no share is no value of the metric: runs of former versions wrote negative losses in its place.
    """
    figure, across = base(HEIGHT), _across(metrics)
    fits = list(_fits(metrics))
    shares: list[float] = []
    for fit in fits:
        rows = fit.rows[fit.rows["val_value"].between(0, 1)] if "val_value" in fit.rows else fit.rows
        points = fit._replace(rows=rows)
        shares += rows["val_value"].tolist() if "val_value" in rows else []
        named = len(fits) <= MOST_NAMED
        _draw(figure, points, (across, "val_value"), fit.name or f"Validation {metric}", JUDGED, legend=named)
    if not shares:
        return figure
    frozen = _frozen(metrics)
    floor = _floor([*shares, *([frozen] if frozen is not None else []), *([promised.low] if promised else [])])
    if promised is not None:
        _band(figure, promised)
    if frozen is not None:
        dotted = {"color": GREY, "dash": "dot", "width": 1.5}
        figure.add_hline(frozen, line=dotted)
        _named(figure, "Frozen model", mode="lines", line=dotted)
    figure.update_xaxes(title=across.capitalize(), range=_reach(metrics, across))
    figure.update_yaxes(title=wording.capital(metric), tickformat="~%", range=[floor, 1])
    return figure


def message(metrics: pd.DataFrame, metric: str) -> tuple[str, str]:
    """What the two figures say, for those who do not see them: of the loss, and of the validation value."""
    losses = _known(metrics, "train_loss")
    loss = f"Training loss, {losses.iloc[-1]:.3g} at last" if len(losses) else "Loss so far"
    values = _known(metrics, "val_value")
    values = values[values.between(0, 1)]
    best = f"Validation {metric}, at best {wording.percent(float(values.max()))} so far" if len(values) else ""
    return loss, best or f"Validation {metric} so far"


def _band(figure: go.Figure, promised: Measured) -> None:
    """The 90 % interval that the advice promised for the test part."""
    figure.add_hrect(promised.low, promised.high, fillcolor=FADED[OCHRE], line_width=0, layer="below")
    swatch = {"symbol": "square", "size": 14, "color": FADED[OCHRE]}
    _named(figure, "Forecast for the test part", mode="markers", marker=swatch)


def _named(figure: go.Figure, name: str, **looks: Any) -> None:
    """A row of the legend for what is drawn as a shape."""
    figure.add_trace(go.Scatter(x=[None], y=[None], name=name, hoverinfo="skip", **looks))


def _known(metrics: pd.DataFrame, column: str) -> pd.Series[float]:
    """The values of a column that were written."""
    return metrics[column].dropna().astype(float) if column in metrics else pd.Series(dtype=float)


def _frozen(metrics: pd.DataFrame) -> float | None:
    """What the frozen head reached on the validation part at last, where the run has one to beat."""
    values = _known(metrics, "frozen_value")
    return float(values.iloc[-1]) if len(values) else None


def _floor(shares: list[float]) -> float:
    """The tenth below the least share, so that what differs can be seen.

    >>> _floor([0.93, 0.99]), _floor([0.05])
    (0.8, 0.0)
    """
    return max(0.0, math.floor(10 * min(shares) - 0.5) / 10)


def _losses(metrics: pd.DataFrame) -> list[float] | None:
    """From zero to a little above the highest loss."""
    known = pd.concat([_known(metrics, "train_loss"), _known(metrics, "val_loss")])
    return [0.0, 1.06 * float(known.max())] if len(known) and known.max() > 0 else None


def _across(metrics: pd.DataFrame) -> str:
    """What the curves run along: the step where steps were written, else the epoch, else seconds."""
    return next((c for c in ("step", "epoch", "seconds") if c in metrics and metrics[c].notna().any()), "step")


def _reach(metrics: pd.DataFrame, across: str) -> list[float] | None:
    """From zero to the last step that is planned, or as far as the run has come."""
    columns = [across, "steps"] if across == "step" else [across]
    furthest = max((float(_known(metrics, column).max()) for column in columns if column in metrics), default=0.0)
    return [0.0, 1.03 * furthest] if furthest > 0 else None


def _fits(metrics: pd.DataFrame) -> Iterator[Fit]:
    """The rows of each fit that reported losses or values, by its name; the only one of a run has none."""
    reported = [column for column in ("train_loss", "val_loss", "val_value") if column in metrics]
    rows = metrics[metrics[reported].notna().any(axis=1)]
    names = rows["stage"] if "stage" in rows else pd.Series("", index=rows.index)
    named = "fit" in rows and rows["fit"].notna().any()
    if named:
        names = rows["fit"].fillna(names)
    parts = [(wording.capital(str(name)), part) for name, part in rows.groupby(names, sort=False)]
    for place, ((name, part), color) in enumerate(zip(parts, cycle(FITS), strict=False)):
        alone = len(parts) == 1 and not named
        yield Fit("" if alone else terms.plotted(name, 40), part, color, place == len(parts) - 1)


def _validation(fit: str, what: str) -> str:
    return f"{fit}: validation" if fit else f"Validation {what}"


def _draw(figure: go.Figure, fit: Fit, columns: tuple[str, str], name: str, mode: str, legend: bool) -> None:
    """One column against another, in order and once for each place; nothing where nothing was written."""
    if not set(columns) <= set(fit.rows):
        return
    known = fit.rows[list(columns)].dropna().sort_values(columns[0], kind="stable")
    known = known.drop_duplicates(columns[0], keep="last")
    if known.empty:
        return
    share = "~%" if columns[1] == "val_value" else ".3f"
    figure.add_trace(
        go.Scatter(
            x=known[columns[0]], y=known[columns[1]], mode=mode if len(known) > 1 else "markers", name=name,
            showlegend=legend, cliponaxis=False, opacity=1.0 if fit.last else 0.55,
            line={"color": fit.color, "width": 2.6 if fit.last and mode == "lines" else 1.4,
                  "dash": "solid" if columns[1] != "val_loss" else "dot"},
            marker={"size": 8, "color": fit.color, "symbol": "diamond" if "markers" in mode else "circle"},
            hovertemplate=f"<b>{name}</b><br>{columns[0]} %{{x}}: %{{y:{share}}}<extra></extra>",
        )
    )  # fmt: skip
