"""The ladder as one picture: each rung's value with its interval against what it costs, in money or in time.

What lies far below the contenders is an arrow at the lower edge with its value; a rung that a constraint blocks is
drawn hollow. Marks that would lie on one another are moved apart by a step that a log axis hardly shows.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import plotly.graph_objects as go

from advisor.advice.comparison import basis, seconds_of
from advisor.core import wording
from advisor.core.ladder import RungName
from advisor.core.records import Advice, Estimate, Prices
from advisor.ui import terms
from advisor.ui.charts import GREY, MARKS, OCHRE, TEAL, base
from advisor.ui.charts import labels as charts_names

#: What the picture runs along: what a rung costs in all at the user's prices, or how long its training takes.
Across = Literal["cost", "time"]
TIMES = {10.0: "10 s", 60.0: "1 min", 600.0: "10 min", 3600.0: "1 h", 36000.0: "10 h", 360000.0: "100 h"}
#: Where a rung without training stands, in seconds; and the longest time of a ladder that trains nothing.
NO_TRAINING, LEAST_TIME = 0.5, 60.0
#: Rungs this far below the best are no contenders.
CONTENDERS = 0.30
#: Shares of the axis: free space at both ends, and the least step between two marks.
LEFT, RIGHT, STEP = 0.12, 0.24, 0.032


@dataclass(frozen=True)
class Axis:
    """A log axis: where each rung stands, from where to where (decimal logarithms), its ticks and title."""

    places: dict[RungName, float]
    span: tuple[float, float]
    ticks: dict[float, str]
    title: str


def priced(advice: Advice) -> bool:
    """Whether every rung with a number also has its costs, so that the picture can run along them."""
    shown = _shown(advice)
    return bool(shown) and all(estimate.costs for estimate in shown)


def ladder(advice: Advice, across: Across = "time") -> go.Figure:
    """Value with its 90 % interval against cost or training time; target and choice marked."""
    shown = _shown(advice)
    axis = _costs(shown, advice.question.prices) if across == "cost" else _times(shown)
    room = _room(shown, advice.question.target)
    figure = base(420, showlegend=False)
    for estimate in shown:
        chosen = estimate.rung == advice.recommended
        hover = "<br>".join(_hover(estimate, advice.question.prices)) + "<extra></extra>"
        figure.add_trace(_rung(estimate, axis.places[estimate.rung], chosen, room[0], hover))
    for label in _labels(shown, axis, advice.recommended, room):
        figure.add_annotation(**label)
    figure.update_xaxes(
        type="log", title=axis.title, tickvals=list(axis.ticks), ticktext=list(axis.ticks.values()),
        range=list(axis.span), tickangle=0,
    )  # fmt: skip
    figure.update_yaxes(title=wording.capital(advice.metric), tickformat="~%", range=room)
    if advice.question.target is not None:
        figure.add_hline(
            y=advice.question.target, line={"color": OCHRE, "dash": "dash", "width": 1.5},
            annotation={"text": f"target {wording.percent(advice.question.target)}", "font": {"color": OCHRE}},
            annotation_position="bottom left",
        )  # fmt: skip
    return figure


def _shown(advice: Advice) -> list[Estimate]:
    return [e for e in advice.estimates if e.available and e.value is not None]


def _times(shown: Sequence[Estimate]) -> Axis:
    """Training seconds; a rung without training stands at the left edge."""
    seconds = {e.rung: max(seconds_of(e) or 0.0, NO_TRAINING) for e in shown}
    longest = max([*seconds.values(), LEAST_TIME])
    places, span = _spread(seconds, NO_TRAINING, longest)
    ticks = {NO_TRAINING: "none"} | {t: text for t, text in TIMES.items() if t <= 3 * longest}
    return Axis(places, span, ticks, "Training time on this device")


def _costs(shown: Sequence[Estimate], prices: Prices) -> Axis:
    """The sum of a rung's costs; one that costs nothing stands at the left edge."""
    costs = {e.rung: sum(e.costs.values()) for e in shown}
    positive = [cost for cost in costs.values() if cost > 0]
    least, most = (min(positive), max(positive)) if positive else (1.0, 10.0)
    free = len(positive) < len(costs)
    floor = least / 4 if free else least
    places, span = _spread({r: max(c, floor) for r, c in costs.items()}, floor, max(most, 3 * floor))
    ticks = {floor: "nothing"} if free else {}
    ticks |= {t: f"{t:,g}" for t in _round(span) if not free or t > 2 * floor}
    currency = f", {terms.plotted(prices.currency)}" if prices.currency else " at your prices"
    title = f"Cost over {wording.counted(prices.months, 'month')}{currency}"
    return Axis(places, span, ticks, title)


def _round(span: tuple[float, float]) -> list[float]:
    """Round numbers inside the axis: powers of ten, with 2 and 5 between them where it is short."""
    digits = (1,) if span[1] - span[0] > 3 else (1, 2, 5)
    powers = range(math.floor(span[0]), math.ceil(span[1]))
    return [d * 10.0**p for p in powers for d in digits if span[0] < math.log10(d) + p < span[1]]


def _spread(at: dict[RungName, float], least: float, most: float) -> tuple[dict[RungName, float], tuple[float, float]]:
    """The places moved apart, and the axis that holds them."""
    whole = math.log10(most / least) / (1 - LEFT - RIGHT)
    step = 10 ** (STEP * whole)
    taken: list[float] = []
    moved: dict[RungName, float] = {}
    for rung, place in sorted(at.items(), key=lambda item: item[1]):
        while any(max(place, other) / min(place, other) < 0.99 * step for other in taken):
            place *= step
        taken.append(place)
        moved[rung] = place
    start = math.log10(least) - LEFT * whole
    return moved, (start, start + whole)


def _room(shown: Sequence[Estimate], target: float | None) -> list[float]:
    """The range of values drawn: the contenders and the target; what lies far below is drawn at the lower edge."""
    best = max([e.value for e in shown if e.value is not None], default=1.0)
    near = [e for e in shown if e.value is not None and e.value > best - CONTENDERS]
    edges = [x for e in near for x in (e.low, e.high, e.value) if x is not None] + ([target] if target else [])
    low, high = (min(edges), max(edges)) if edges else (0.0, 1.0)
    pad = max(0.02, 0.2 * (high - low))
    below = 2.2 if len(near) < len(shown) else 1.0
    floor = low - below * pad
    seen = [e.low - 0.3 * pad for e in shown if e.low is not None and e.value is not None and e.value >= floor]
    return [max(0.0, min([floor, *seen])), min(1.0, high) + pad]


def _ends(estimate: Estimate) -> tuple[float, float, float]:
    value = estimate.value or 0.0
    low, high = estimate.low, estimate.high
    return value if low is None else low, value, value if high is None else high


def _rung(estimate: Estimate, place: float, chosen: bool, floor: float, hover: str) -> go.Scatter:
    """One rung's mark with its interval; far below the contenders it is an arrow at the lower edge."""
    low, value, high = _ends(estimate)
    color, off = TEAL if chosen else GREY, value < floor
    mark = "triangle-down" if off else MARKS.get(estimate.provenance or "predicted", "square")
    return go.Scatter(
        x=[place], y=[floor if off else value], mode="markers", cliponaxis=False,
        error_y={"type": "data", "symmetric": False, "array": [0 if off else high - value], "color": color,
                 "arrayminus": [0 if off else value - low], "thickness": 2 if chosen else 1.3, "width": 5},
        marker={"color": color, "size": 16 if chosen else 11, "opacity": 1, "line": {"width": 2, "color": color},
                "symbol": f"{mark}-open" if estimate.blocked else mark},
        hovertemplate=hover,
    )  # fmt: skip


def _hover(estimate: Estimate, prices: Prices) -> list[str]:
    """What hovering over a rung's mark says, a line each."""
    low, value, high = _ends(estimate)
    time = f"ready in {wording.duration(seconds)}" if (seconds := seconds_of(estimate)) else "no training"
    total = wording.amount(sum(estimate.costs.values()), terms.plotted(prices.currency))
    cost = [f"costs {total} in all"] if estimate.costs else []
    blocked = [f"blocked: {terms.plotted(estimate.blocked, 80)}"] if estimate.blocked else []
    return [
        f"<b>{terms.title(estimate.rung)}</b>",
        f"{wording.percent(value)} ({wording.between(low, high)})",
        f"{basis(estimate)}, n = {wording.count(estimate.n)}",
        time,
        *cost,
        *blocked,
    ]


def _labels(shown: Sequence[Estimate], axis: Axis, chosen: RungName, room: Sequence[float]) -> list[dict[str, Any]]:
    """The rungs' names as annotations, each at its own bar and clear of the others (`charts_names`).

    A rung far below stands at the floor and carries its value.
    """
    floor, places = room[0], axis.places
    below = sorted((e for e in shown if _ends(e)[1] < floor), key=lambda e: places[e.rung])
    middle = 10 ** (axis.span[0] + 0.4 * (axis.span[1] - axis.span[0]))
    labels = []
    for number, estimate in enumerate(below):
        text = f"{terms.title(estimate.rung)} {wording.percent(_ends(estimate)[1])}"
        side = "left" if places[estimate.rung] < middle else "right"  # both stay inside a narrow picture
        label = _note(places[estimate.rung], floor, text, GREY, 13, side, above=True)
        labels.append({**label, "yshift": label["yshift"] + 17 * (number % 2)})
    inside = sorted((e for e in shown if _ends(e)[1] >= floor), key=lambda e: places[e.rung])
    bars = [_bar(e, axis, room) for e in inside]
    edge = [(0.0, 0.0, charts_names.WIDE, 2.5 * charts_names.LINE)] if below else []
    for estimate, spot in zip(inside, charts_names.spots(bars, edge), strict=True):
        low, _, high = _ends(estimate)
        title = terms.title(estimate.rung)
        text, color, size = (f"<b>{title}</b>", TEAL, 15) if estimate.rung == chosen else (title, GREY, 13)
        end = high if spot.above else max(low, floor)
        label = _note(places[estimate.rung], end, text, color, size, spot.side, above=spot.above)
        farther = spot.row * charts_names.LINE
        labels.append({**label, "yshift": label["yshift"] + (farther if spot.above else -farther)})
    return labels


def _bar(estimate: Estimate, axis: Axis, room: Sequence[float]) -> charts_names.Bar:
    """A rung's bar in shares of the picture."""
    low, _, high = ((end - room[0]) / (room[1] - room[0]) for end in _ends(estimate))
    across = (math.log10(axis.places[estimate.rung]) - axis.span[0]) / (axis.span[1] - axis.span[0])
    return charts_names.Bar(across, max(0.0, low), min(1.0, high), terms.title(estimate.rung))


def _note(x: float, y: float, text: str, color: str, size: int, side: str, *, above: bool) -> dict[str, Any]:
    return {
        "x": math.log10(x),
        "y": y,
        "text": text,
        "font": {"color": color, "size": size},
        "showarrow": False,
        "xanchor": side,
        "xshift": {"left": -8, "center": 0, "right": 8}[side],
        "yanchor": "bottom" if above else "top",
        "yshift": 8 if above else -6,
    }
