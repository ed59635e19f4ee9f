"""The figures of the profile page; pure functions from records to plotly figures."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from advisor.core.records import Part, Profile
from advisor.ui import terms
from advisor.ui.browse.bins import Bin
from advisor.ui.charts import GREY, OCHRE, TEAL, base

PART_COLOR: dict[Part, str] = {"train": TEAL, "val": "#74b9b1", "test": OCHRE, "ood": GREY}
PART_NAME: dict[Part, str] = {**terms.PART, "test": "test, locked"}
#: What the sizes of a profile are, as axis titles.
SIZE_NAME = {
    "n_words": "Words in a question",
    "document_tokens": "Tokens in a document",
    "chunk_tokens": "Tokens in a passage",
    "answer_words": "Words in an answer",
}
BARS = 40


def drawn_order(profile: Profile) -> list[str]:
    """The classes as the bars of `counts` stand: upright ones from the largest on, lying ones from the smallest up."""
    totals = {name: sum(parts.values()) for name, parts in profile.counts.items()}
    classes = sorted(totals, key=lambda name: totals[name])
    return classes[::-1] if len(classes) > BARS else classes


def counts(profile: Profile) -> go.Figure:
    """Items per class, stacked by part, the largest class first; names are shown for up to 40 classes."""
    order = drawn_order(profile)
    upright = len(order) > BARS
    figure = base(360 if upright else 110 + 26 * len(order), barmode="stack", bargap=0.25)
    # Bars stand on numbers with the names as tick texts: two long names may be cut to the same label.
    places = list(range(len(order)))
    for part, color in PART_COLOR.items():
        values = [profile.counts[name].get(part, 0) for name in order]
        if not any(values):
            continue
        figure.add_trace(
            go.Bar(
                x=places if upright else values, y=values if upright else places, name=PART_NAME[part],
                orientation="v" if upright else "h", marker={"color": color},
                hovertext=[terms.plotted(name, 60) for name in order], customdata=values,
                hovertemplate=f"<b>%{{hovertext}}</b><br>%{{customdata}} {PART_NAME[part]}<extra></extra>",
            )
        )  # fmt: skip
    names = {"tickvals": places, "ticktext": [terms.plotted(name) for name in order], "showgrid": False}
    if upright:
        figure.update_xaxes(showticklabels=False, title=f"{len(order)} classes, the largest first", showgrid=False)
        figure.update_yaxes(title="Items")
    else:
        figure.update_yaxes(**names)
        figure.update_xaxes(title="Items")
    return figure


def image_sizes(sizes: np.ndarray, counts: np.ndarray) -> go.Figure:
    """Width against height in pixels, a dot for each size, larger the more images have it.

    Shape: sizes (k, 2), counts (k,).
    """
    figure = base(320, showlegend=False)
    figure.add_trace(
        go.Scatter(
            x=sizes[:, 0], y=sizes[:, 1], mode="markers", cliponaxis=False,
            marker={"color": TEAL, "size": 7 + 20 * np.sqrt(counts / counts.max()), "opacity": 0.5},
            customdata=counts, hovertemplate="%{x:.0f} × %{y:.0f} px: %{customdata} images<extra></extra>",
        )
    )  # fmt: skip
    figure.update_xaxes(title="Width in pixels", rangemode="tozero")
    figure.update_yaxes(title="Height in pixels", rangemode="tozero")
    return figure


def histogram(bars: Sequence[Bin], title: str, noun: str, height: int = 300) -> go.Figure:
    """How many items lie in each bar. title: of the size; noun: of the items."""
    figure = base(height, showlegend=False, bargap=0.08)
    counts = [len(bar.places) for bar in bars]
    figure.add_trace(
        go.Bar(
            x=list(range(len(bars))), y=counts, marker={"color": TEAL}, hovertext=[bar.span for bar in bars],
            hovertemplate="%{hovertext}: %{y}<extra></extra>",
        )
    )  # fmt: skip
    every = range(0, len(bars), max(1, -(-len(bars) // 10)))
    names = [f"{bars[i].low:,}" if bars[i].high is not None else f"{bars[i].low:,}+" for i in every]
    figure.update_xaxes(title=title, tickvals=list(every), ticktext=names, showgrid=False)
    figure.update_yaxes(title=noun, tickformat=",d")
    return figure


def one_size(profile: Profile) -> tuple[int, int] | None:
    """Width and height when every inspected image has the same, else None."""
    widths, heights = set(profile.sizes.get("width_px", [])), set(profile.sizes.get("height_px", []))
    return (int(widths.pop()), int(heights.pop())) if len(widths) == 1 == len(heights) else None
