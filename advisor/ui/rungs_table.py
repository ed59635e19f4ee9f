"""The ladder in five rows: value with its interval, the chance that matters, training, serving, and money if asked."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from advisor.advice.comparison import chance_beside, milliseconds, training_time
from advisor.advice.explain import is_too_early
from advisor.core.ladder import rung
from advisor.core.records import Advice, Estimate
from advisor.core.shown import visible
from advisor.core.wording import amount, between, capital, percent
from advisor.ui.charts import GREY, OCHRE, TEAL

#: Without money.
COLUMNS = 6
#: The looks of the table. On a narrow screen a rung is a card: its name with its value, and under it the rest by name.
STYLE = """<style>
.rungs {border-collapse: collapse; width: 100%; font-size: 0.95rem; margin: 0}
.rungs th, .rungs td {padding: 0.28rem 0.7rem 0.28rem 0; border-bottom: 1px solid rgba(135,150,160,0.35)}
.rungs td {white-space: nowrap}
.rungs th {text-align: left; font-weight: 600; opacity: 0.7; font-size: 0.85rem; vertical-align: bottom}
.rungs .chosen {font-weight: 600}
.rungs .scale {display: flex; justify-content: space-between; font-weight: 400}
.rungs .picture {width: 24%; min-width: 8rem}
@media (max-width: 700px) {
  .rungs thead {display: none}
  .rungs tr {display: flex; flex-wrap: wrap; column-gap: 0.9rem; padding: 0.3rem 0;
    border-bottom: 1px solid rgba(135,150,160,0.35)}
  .rungs td {border: 0; padding: 0; white-space: normal}
  .rungs td:first-child {width: 100%; font-weight: 600}
  .rungs .scale {display: flex; justify-content: space-between; font-weight: 400}
.rungs .picture {width: 100%}
  .rungs td:empty {display: none}
  .rungs td[data-label]:not(:empty)::before {content: attr(data-label) ": "; opacity: 0.7; font-weight: 400}
}
</style>"""


def table(advice: Advice) -> str:
    """The rungs as an HTML table, cheapest first, the recommended one marked; every word of it is escaped."""
    priced = any(e.costs for e in advice.estimates)
    heads = ["Rung", "", f"{capital(advice.metric)}, 90 % interval", _odds(advice), "Training", "Per prediction"]
    if priced:
        heads.append(f"Cost, {advice.question.prices.currency}".rstrip(", "))
    heads = [escape(visible(title)) for title in heads]
    ends = span(advice)
    titles = [heads[0], _scale(ends), *heads[2:]]
    head = "".join(f'<th scope="col">{title}</th>' for title in titles)
    rows = "".join(_row(estimate, advice, ends, heads) for estimate in advice.estimates)
    return (
        f'{STYLE}<div style="overflow-x:auto"><table class="rungs"><thead><tr>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def _scale(ends: tuple[float, float]) -> str:
    """The ends of the pictures' scale, above them."""
    low, high = (percent(end, digits=0) for end in ends)
    return f'<div class="scale" aria-hidden="true"><span>{low}</span><span>{high}</span></div>'


def _odds(advice: Advice) -> str:
    """What chance a row tells."""
    target = advice.question.target
    return (
        f"Chance of {percent(target)}"
        if target is not None
        else f"Chance of beating {rung(advice.recommended).in_text}"
    )


def span(advice: Advice) -> tuple[float, float]:
    """The shares at the left and the right end of the pictures: all intervals and the target lie between them."""
    shown = [e for e in advice.estimates if e.value is not None and e.low is not None and e.high is not None]
    edges = [end for e in shown for end in (e.low or 0.0, e.high or 1.0)]
    edges += [advice.question.target] if advice.question.target is not None else []
    low, high = (min(edges), max(edges)) if edges else (0.0, 1.0)
    pad = max(0.01, 0.04 * (high - low))
    return max(0.0, low - pad), min(1.0, high + pad)


def _row(estimate: Estimate, advice: Advice, ends: tuple[float, float], heads: Sequence[str]) -> str:
    """A row; the cells after the picture bear their headings, which are escaped already."""
    chosen = estimate.rung == advice.recommended
    tick = chosen and not is_too_early(advice)
    mark = f'<span style="color:{TEAL}" aria-label="recommended">✓ </span>' if tick else ""
    words = [escape(visible(text)) for text in _words(estimate, advice, len(heads) > COLUMNS)]
    labelled = "".join(f'<td data-label="{head}">{text}</td>' for head, text in zip(heads[2:], words, strict=True))
    return (
        f'<tr class="{"chosen" if chosen else ""}"><td>{mark}{escape(rung(estimate.rung).title)}</td>'
        f'<td class="picture">{picture(estimate, advice, ends)}</td>{labelled}</tr>'
    )


def _words(estimate: Estimate, advice: Advice, priced: bool) -> Sequence[str]:
    """The cells of a row after its picture."""
    if not estimate.available or estimate.value is None or estimate.low is None or estimate.high is None:
        return ["no number", "", "", "", *([""] if priced else [])]
    each = estimate.milliseconds_per_prediction
    odds = "ruled out" if estimate.blocked else chance_beside(estimate, advice)
    cost = amount(round(sum(estimate.costs.values()), 2)) if estimate.costs else ""
    value = f"{percent(estimate.value)} ({between(estimate.low, estimate.high).removesuffix(' %')})"
    return [
        "measured: brought nothing" if estimate.kept else f"measured: {value}" if estimate.run else value,
        odds,
        training_time(estimate),
        "" if each is None else milliseconds(each),
        *([cost] if priced else []),
    ]


def picture(estimate: Estimate, advice: Advice, ends: tuple[float, float]) -> str:
    """The interval as a bar with the value on it, and the target as a line, on a scale that all rows share."""
    target = advice.question.target
    line = "" if target is None else _mark(place(target, ends), f"width:2px;height:100%;background:{OCHRE};top:0")
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return _frame(line)
    color = TEAL if estimate.rung == advice.recommended else GREY
    left, right = place(estimate.low, ends), place(estimate.high, ends)
    bar = _mark(
        left, f"width:{max(right - left, 0.5):.1f}%;height:4px;top:calc(50% - 2px);background:{color};opacity:0.5"
    )
    dot = "width:9px;height:9px;margin-left:-4px;border-radius:50%;top:calc(50% - 4.5px)"
    return _frame(line + bar + _mark(place(estimate.value, ends), f"{dot};background:{color}"))


def place(share: float, ends: tuple[float, float]) -> float:
    """Where a share lies between the ends, 0 to 100.

    >>> place(0.75, (0.5, 1.0)), place(0.2, (0.5, 1.0))
    (50.0, 0.0)
    """
    return 100.0 * min(max((share - ends[0]) / max(ends[1] - ends[0], 1e-9), 0.0), 1.0)


def _mark(left: float, style: str) -> str:
    return f'<div style="position:absolute;left:{left:.1f}%;{style}"></div>'


def _frame(inside: str) -> str:
    return f'<div style="position:relative;height:1.1rem" aria-hidden="true">{inside}</div>'
