"""Runs side by side on the page: the difference first, then the items, the classes, the settings and the costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from advisor.core import wording
from advisor.core.errors import PeopleError
from advisor.core.records import Metric
from advisor.data.reading import known_dataset
from advisor.runs import compare, follow
from advisor.runs.compare import Comparison
from advisor.runs.paired import Pair
from advisor.runs.sides import Side, called, facts
from advisor.ui import charts, items, jobs, parts, places, setting_names, terms, waiting, work
from advisor.ui.charts import comparing as figures
from probes.backbones.catalog import CATALOG

QUESTION = "How do these runs differ?"
MOST_RUNS = 6
#: A run that took longer than this share of its budget says so.
OVER_BUDGET = 1.1
#: What the times of a prediction are, and why the advice names others.
TIMED = (
    "One prediction: an item by itself from its file to its answer, at the load that the machine had; a language model "
    "is asked anew, and questions that it was not asked are left out. Advice has what the probes took when they ran: "
    "of classifiers the backbone alone, in batches, of a language model several questions at once."
)


def draw(names: Sequence[str]) -> None:
    """The comparison of the runs named in the address."""
    if st.button("All runs", key="all-runs", icon=":material/arrow_back:"):
        st.query_params.pop("compare", None)
        st.rerun()
    try:
        compared = compare.compare(names[:MOST_RUNS], known_dataset)
    except PeopleError as error:
        parts.heading(QUESTION, "These runs cannot be compared.")
        parts.problem(str(error))
        return
    compared = with_base(compared)
    said = [called(side, compared.sides) for side in compared.sides]
    parts.heading(QUESTION, compare.sentences(compared)[0])
    for line in compare.sentences(compared)[1:]:
        parts.text(line)
    for metric in dict.fromkeys(side.plan.metric for side in compared.sides):
        values(compared, said, metric)
    if any(not pair.reason for pair in compared.pairs):
        differences(compared, said)
    if any(pair.items is not None for pair in compared.pairs):
        parts.section("Where they disagree")
    for place, pair in enumerate(compared.pairs):
        apart(pair, compared, said[0], said[place + 1])
    per_class(compared, said)
    settings(compared, said)
    parts.fold("Curves", "show_chart", partial(curves, compared, said))
    costs(compared, said)


def values(compared: Comparison, said: Sequence[str], metric: Metric) -> None:
    """The test values of the runs that are measured in the same metric, on an axis of its own."""
    own = [(place, side) for place, side in enumerate(compared.sides) if side.plan.metric == metric]
    figure = figures.values([side for _, side in own], [said[place] for place, _ in own], [place for place, _ in own])
    alt = "; ".join(f"{said[place]}: {value(side)}" for place, side in own)
    key = f"compared-values-{metric.replace(' ', '-')}"
    st.plotly_chart(figure, config=charts.CONFIG, key=key, alt=f"{wording.capital(metric)} on the test part. {alt}")


def with_base(compared: Comparison) -> Comparison:
    """The comparison with the base that was chosen, the first run unless another is."""
    runs = [side.run for side in compared.sides]
    if len(runs) < 3:
        return compared
    title = {side.run: called(side, compared.sides) for side in compared.sides}
    base = st.selectbox("Compare with", runs, key="compare-base", format_func=lambda run: title[run])
    if base == runs[0]:
        return compared
    return compare.compare([base, *(run for run in runs if run != base)], known_dataset)


def value(side: Side) -> str:
    """The test value of a run in words."""
    return wording.measured(side.test) if side.test is not None else f"none, it is {side.status.state}"


def differences(compared: Comparison, said: Sequence[str]) -> None:
    """The paired differences, whose intervals are far narrower than those of the values."""
    figure = figures.differences(compared.pairs, said[0], said[1:])
    alt = "Paired differences. " + "; ".join(
        f"{name}: {pair.verdict(said[0], name)}" for name, pair in zip(said[1:], compared.pairs, strict=True)
    )
    st.plotly_chart(figure, config=charts.CONFIG, key="compared-differences", alt=alt)
    parts.note(
        f"Difference to {said[0]}, item by item, with its 90 % interval. Both met the same easy and hard items, so it "
        f"says more than the two values above. Left of the line, {said[0]} came out ahead."
    )


def apart(pair: Pair, compared: Comparison, base: str, other: str) -> None:
    """The items that one of two runs has right and the other wrong."""
    if pair.items is None:
        return
    n_base, n_other = pair.n_right
    if not n_base + n_other:
        st.text(f"{other} and {base} nowhere: {pair.alike}.")
        return
    st.text(
        f"{base} alone has {wording.counted(n_base, 'test item')} right, {other} alone {n_other:,}. "
        f"Both have {pair.n_both:,} right and {pair.n_neither:,} wrong."
    )
    sides = [side for side, n in (("base", n_base), ("other", n_other)) if n]
    label = {"base": f"Only {base} is right ({n_base:,})", "other": f"Only {other} is right ({n_other:,})"}
    chosen = st.segmented_control(
        "Items", sides, default=sides[0], key=f"apart-{pair.other}", format_func=lambda side: plain(label[side]),
        required=True,
    )  # fmt: skip
    shown = pair.items[pair.items["right"] == (chosen or sides[0])]
    gallery(shown, compared.base, (base, other), f"apart-{pair.other}-{chosen}")


def plain(text: str) -> str:
    """A user's words where Streamlit would read Markdown."""
    return "".join(f"\\{letter}" if letter in "\\`*_{}[]()#+-.!~:$<>|" else letter for letter in text)


def gallery(shown: pd.DataFrame, base: Side, said: tuple[str, str], key: str) -> None:
    """The items with what each run says of them, a page at a time."""
    dataset = places.opened(base.plan.fingerprint[:16])
    if dataset is None:
        names = {"key": "Item", "truth": "Truth", "base": said[0], "other": said[1]}
        table = shown.rename(columns=names)[[*names.values()]]
        parts.table(table, hide_index=True, alt="Items on which the runs disagree")
        return
    view = items.view_of(base.plan.kind)
    n_pages = -(-len(shown) // view.N_SHOWN)
    number = st.pagination(n_pages, key=f"{key}-page") if n_pages > 1 else 1
    part = shown.iloc[(number - 1) * view.N_SHOWN : number * view.N_SHOWN]
    say = caption if dataset.classes else answers
    captions = [say(row, said) for row in part.to_dict("records")]
    view.grid(dataset, part["row"].tolist(), captions, key=key)


def caption(row: Mapping[Any, Any], said: tuple[str, str]) -> str:
    """The true label, and what the run that is wrong says."""
    wrong, name = (row["other"], said[1]) if row["right"] == "base" else (row["base"], said[0])
    return f"{wording.short(str(row['truth']), 40)}; {name} says {wording.short(str(wrong), 40)}"


def answers(row: Mapping[Any, Any], said: tuple[str, str]) -> str:
    """The accepted answer to a question, and both runs' answers."""
    both = (f"{name}: {wording.short(str(row[side]), 80)}" for name, side in zip(said, ("base", "other"), strict=True))
    return "; ".join((f"Accepted: {wording.short(str(row['truth']), 80) or 'none'}", *both))


def per_class(compared: Comparison, said: Sequence[str]) -> None:
    """The recall of each class in each run, the most different first."""
    if compared.per_class.empty:
        return
    parts.section("Class by class")
    names = dict(zip((side.run for side in compared.sides), unique(said), strict=True))
    table = compared.per_class.rename(columns={"class": "Class", "n": "Test items", **names})
    for name in names.values():
        table[name] = table[name] * 100
    columns = {name: st.column_config.NumberColumn(format="%.1f %%") for name in names.values()}
    parts.table(table, hide_index=True, column_config=columns, alt="Recall of each class in each run")


def settings(compared: Comparison, said: Sequence[str]) -> None:
    """What was set differently; what one run alone has comes after, folded."""
    parts.section("Settings that differ")
    rows = setting_names.table(compared.settings)
    both = [row for row in rows if sum(map(bool, row[1])) > 1]
    alone = [row for row in rows if row not in both]
    if not rows:
        parts.note("None: they differ in nothing that can be set.")
    elif both:
        listed(both, said, "Settings that differ between the runs")
    if alone:
        label = f"{wording.counted(len(alone), 'setting')} that only one run has"
        parts.fold(label, "tune", partial(listed, alone, said, label), key="settings-alone")


def listed(rows: Sequence[tuple[str, tuple[str, ...]]], said: Sequence[str], alt: str) -> None:
    """Settings in a table, a column for each run."""
    cells = [dict(zip(["Setting", *unique(said)], [name, *values], strict=True)) for name, values in rows]
    parts.table(pd.DataFrame(cells), hide_index=True, height="content", alt=alt)


def curves(compared: Comparison, said: Sequence[str]) -> None:
    """Validation value and loss of each run over the seconds of its work."""
    metrics = {name: follow.metrics(side.run) for name, side in zip(unique(said), compared.sides, strict=True)}
    shown = False
    metric = wording.capital(compared.sides[0].plan.metric)
    for column, title in (("val_value", f"{metric} on validation items"), ("train_loss", "Training loss")):
        figure = figures.curves(metrics, column, title)
        if figure.data:
            shown = True
            alt = f"{title} of each run over the seconds of its work"
            st.plotly_chart(figure, config=charts.CONFIG, key=f"compared-{column}", alt=alt)
    if not shown:
        parts.note("None of these runs was trained step by step, so there are no curves.")


def costs(compared: Comparison, said: Sequence[str]) -> None:
    """Time of the run, size of the model and time of a prediction."""
    parts.section("Cost and latency")
    rows = []
    for name, side in zip(unique(said), compared.sides, strict=True):
        cost = facts(side)
        rows.append(
            {
                "Run": name,
                "Took": took(cost["seconds"], side.plan.budget_seconds),
                "On": " in ".join(filter(None, (terms.device(cost["device"]), cost["precision"]))),
                "Model": model_size(cost["model_bytes"], backbone_bytes(side)),
                "One prediction": milliseconds(cost["single_ms"]),
                "95 % below": milliseconds(cost["p95_ms"]),
                "Each of a batch": milliseconds(cost["batch_ms"]),
            }
        )
    parts.table(pd.DataFrame(rows), hide_index=True, height="content", alt="Cost and latency of each run")
    if any(side.latency is not None for side in compared.sides):
        parts.note(TIMED)
    timed(compared)


def took(seconds: float, budget: float) -> str:
    """How long a run took, with its budget where it took clearly longer.

    >>> took(41.0, 60.0), took(466.0, 300.0)
    ('41 s', '7 min 46 s (budget 5 min)')
    """
    late = seconds > OVER_BUDGET * budget
    return wording.duration(seconds) + (f" (budget {wording.duration(budget)})" if late else "")


def backbone_bytes(side: Side) -> int | None:
    """The size of the backbone that a run's model needs besides its own files; None where it needs none or is unknown.

    Rungs that leave the backbone as it is keep no copy of it.
    """
    kept = side.report.rung if side.report is not None else side.plan.rung
    if kept not in ("prompting", "rag", "frozen"):
        return None
    return next((entry.size_bytes for entry in CATALOG if entry.name == side.plan.backbone), None)


def model_size(own: float, backbone: int | None) -> str:
    """The size of a model, with that of the backbone that it needs.

    >>> model_size(10_100, 18_600_000), model_size(13_700_000, None)
    ('10 kB + 19 MB backbone', '14 MB')
    """
    return wording.size(own) if backbone is None else f"{wording.size(own)} + {wording.size(backbone)} backbone"


def milliseconds(time: float | None) -> str:
    """A time of a prediction; "" where nobody measured it.

    >>> milliseconds(0.42), milliseconds(45.3), milliseconds(2345.0), milliseconds(None)
    ('0.42 ms', '45 ms', '2.3 s', '')
    """
    if time is None:
        return ""
    return f"{time:.2f} ms" if time < 1 else f"{time:,.0f} ms" if time < 1000 else f"{time / 1000:,.1f} s"


def timed(compared: Comparison) -> None:
    """The button that times the models, and how far that is."""
    runs = [side.run for side in compared.sides if side.latency is None and side.status.files.model.is_file()]
    key = jobs.key_of("latency", *(side.run for side in compared.sides))
    if (job := jobs.pending(key)) is not None:
        waiting.wait(job)
    elif runs and st.button("Time a prediction of each", key="time-models", icon=":material/timer:"):
        jobs.start(key, "Timing", partial(work.time_models, runs))
        st.rerun()


def unique(names: Sequence[str]) -> list[str]:
    """Names as columns, a number added to those that are there already.

    >>> unique(["a", "b", "a"])
    ['a', 'b', 'a (2)']
    """
    seen: dict[str, int] = {}
    found = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        found.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return found
