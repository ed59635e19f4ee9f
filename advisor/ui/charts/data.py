"""The figures of the profile page; pure functions from records to plotly figures."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from advisor.core.records import Part, Profile
from advisor.ui import terms
from advisor.ui.charts import GREY, OCHRE, TEAL, base

PART_COLOR: dict[Part, str] = {"train": TEAL, "val": "#74b9b1", "test": OCHRE, "ood": GREY}
PART_NAME: dict[Part, str] = {"train": "training", "val": "validation", "test": "test, locked", "ood": "shifted"}
#: What the sizes of a profile are, as axis titles.
SIZE_NAME = {
    "n_words": "Words in a question",
    "document_tokens": "Tokens in a document",
    "chunk_tokens": "Tokens in a passage",
    "answer_words": "Words in an answer",
}
BARS = 40


def counts(profile: Profile) -> go.Figure:
    """Items per class, stacked by part, the largest class first; names are shown for up to 40 classes."""
    totals = {name: sum(parts.values()) for name, parts in profile.counts.items()}
    classes = sorted(totals, key=lambda name: totals[name])
    upright = len(classes) > BARS
    figure = base(360 if upright else 110 + 26 * len(classes), barmode="stack", bargap=0.25)
    order = classes[::-1] if upright else classes
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


def image_sizes(profile: Profile) -> go.Figure:
    """Width against height in pixels of the inspected images, drawn so that crowded places are darker."""
    figure = base(320, showlegend=False)
    figure.add_trace(
        go.Scattergl(
            x=profile.sizes["width_px"], y=profile.sizes["height_px"], mode="markers",
            marker={"color": TEAL, "size": 7, "opacity": 0.35},
            hovertemplate="%{x:.0f} × %{y:.0f} pixels<extra></extra>",
        )
    )  # fmt: skip
    figure.update_xaxes(title="Width in pixels", rangemode="tozero")
    figure.update_yaxes(title="Height in pixels", rangemode="tozero")
    return figure


def text_lengths(profile: Profile) -> go.Figure:
    """How many words the inspected texts have."""
    figure = base(300, showlegend=False, bargap=0.05)
    figure.add_trace(
        go.Histogram(
            x=profile.sizes["n_words"], nbinsx=40, marker={"color": TEAL},
            hovertemplate="%{x} words: %{y} texts<extra></extra>",
        )
    )  # fmt: skip
    figure.update_xaxes(title="Words in a text", rangemode="tozero")
    figure.update_yaxes(title="Texts")
    return figure


def lengths(values: Sequence[float], title: str) -> go.Figure:
    """How often each length occurs."""
    figure = base(220, showlegend=False, bargap=0.05)
    figure.add_trace(
        go.Histogram(x=list(values), nbinsx=24, marker={"color": TEAL}, hovertemplate="%{x}: %{y}<extra></extra>")
    )
    figure.update_xaxes(title=title, rangemode="tozero")
    return figure


def one_size(profile: Profile) -> tuple[int, int] | None:
    """Width and height when every inspected image has the same, else None."""
    widths, heights = set(profile.sizes.get("width_px", [])), set(profile.sizes.get("height_px", []))
    return (int(widths.pop()), int(heights.pop())) if len(widths) == 1 == len(heights) else None
