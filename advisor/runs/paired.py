"""Two runs item by item: how far apart they are on the same test items, and the items that one alone has right.

Two runs are paired where both kept what they said of each test item (``predictions.parquet``) and were tested on the
same test part: of the same dataset, or of two whose test parts hold the same items with the same labels. The interval
of a difference is 1.64 paired standard errors on each side (`probes.interval`): far narrower than two intervals put
side by side, since both runs met the same easy and hard items.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
import pandas as pd

from advisor.core import storage
from advisor.core.errors import PeopleError
from advisor.core.kinds import task_of_metric
from advisor.core.records import Dataset
from advisor.core.wording import capital, counted, label_words
from advisor.data.versions.label_words import labels_words
from advisor.runs.sides import Open, Side
from probes.bootstrap import paired_error_of_means
from probes.interval import LEVEL, paired_error, score
from probes.multilabel.scores import macro_f1, paired_error_of_f1

#: The normal distribution's 95 % point.
Z = 1.6448536269514722


@dataclass(frozen=True)
class Pair:
    """Two runs on the same test items; ``reason`` says why they could not be paired, "" where they could.

    ``difference``: the other's value minus the base's, with ``low`` and ``high`` at level 0.90. ``items``: one row for
    each item that exactly one of them has right: row (in the base's dataset), key, truth, base, other, right ("base" or
    "other"); of questions, base and other are answers. ``n_both``, ``n_neither``: items that both have right or wrong.
    """

    base: str
    other: str
    reason: str = ""
    n: int = 0
    difference: float = 0.0
    low: float = 0.0
    high: float = 0.0
    level: float = LEVEL
    n_both: int = 0
    n_neither: int = 0
    items: pd.DataFrame | None = None

    @property
    def n_right(self) -> tuple[int, int]:
        """How many items the base alone has right, and the other alone."""
        if self.items is None:
            return 0, 0
        base = int((self.items["right"] == "base").sum())
        return base, len(self.items) - base

    @property
    def alike(self) -> str:
        """That both have the same items right, where they have."""
        return f"both have the same {self.n_both:,} of {counted(self.n, 'test item')} right"

    def verdict(self, base: str, other: str) -> str:
        """What the difference says, a sentence; base and other: what the two are called."""
        if self.reason:
            return self.reason
        if self.difference == 0 and self.items is not None and self.items.empty:
            return f"{self.alike}: on these they are equally good."
        points = f"{100 * self.difference:+.1f} points ({100 * self.low:+.1f} to {100 * self.high:+.1f})"
        if self.low > 0 or self.high < 0:
            low, high = sorted((abs(100 * self.low), abs(100 * self.high)))
            ahead = f"{abs(100 * self.difference):.1f} points ahead ({low:.1f} to {high:.1f})"
            better = capital(other if self.difference > 0 else base)
            return f"{better}: {ahead} on the same {counted(self.n, 'test item')}."
        return f"{points} on the same {counted(self.n, 'test item')}: that may be luck."


def paired(base: Side, other: Side, opened: Open) -> Pair:
    """Two runs on the same items, or why they cannot be paired."""
    names = base.run, other.run
    if reason := _unpaired(base, other):
        return Pair(*names, reason=reason)
    one, two = _said(base, opened), _said(other, opened)
    for side, table in ((base, one), (other, two)):
        if table is None:
            return Pair(*names, reason=f"Run {side.run} kept no answer of each test item, so it cannot be paired.")
    assert one is not None and two is not None
    same = base.plan.fingerprint == other.plan.fingerprint
    if not same and ("item" not in one or "item" not in two or set(one["item"]) != set(two["item"])):
        return Pair(
            *names,
            reason=f"{base.plan.dataset_name} and {other.plan.dataset_name} have different test items, so the runs "
            f"cannot be paired. Compare their intervals.",
        )
    key = "row" if same else "item"
    both = one.merge(two.drop(columns=["row"] if not same else []), on=key, suffixes=("_base", "_other"))
    if both.empty:
        return Pair(*names, reason="The two runs were tested on different items, so they cannot be paired.")
    return _measured(names, base, both)


def _unpaired(base: Side, other: Side) -> str:
    """Why two runs cannot be paired, by their plans and reports; "" where they may."""
    for side in (base, other):
        if side.report is None:
            return f"Run {side.run} has no test value: it is {side.status.state}."
    if base.plan.metric != other.plan.metric:
        return f"{base.plan.metric} and {other.plan.metric} cannot be compared item by item; each has its own picture."
    return ""


def _said(side: Side, opened: Open) -> pd.DataFrame | None:
    """What a run said of each test item: row, truth and said as words, right (0 to 1), and key and item where known.

    ``item`` is the item's content and label, by which two datasets are compared. None where the run kept nothing.
    """
    path = side.status.files.predictions
    try:
        storage.check_manifest(path.parent, path.name)
        table = pd.read_parquet(path) if path.is_file() else None
    except (PeopleError, OSError, ValueError):
        return None
    if table is None:
        return None
    told = pd.DataFrame({"row": table["row"].to_numpy()})
    if task_of_metric(side.plan.metric) in ("answering", "tagging"):
        told["said"], told["right"] = table["answer"].astype(str), table["f1"].astype(float)
        told["truth"] = ""
    elif task_of_metric(side.plan.metric) == "multilabel":
        assert side.report is not None
        for name, column in (("truth", "truth"), ("said", "predicted")):
            told[f"{name}_set"] = table[column].to_numpy()
            sets = table[column].map(json.loads)
            told[name] = [label_words([side.report.classes[c] for c in own]) for own in sets]
        told["right"] = (table["truth"] == table["predicted"]).astype(float)
    else:
        assert side.report is not None
        classes = np.array([*side.report.classes, ""], dtype=object)
        told["truth"], told["said"] = (classes[table[name].to_numpy()] for name in ("truth", "predicted"))
        told["right"] = (table["truth"] == table["predicted"]).astype(float)
    return _located(told, opened(side.plan.fingerprint))


def _located(told: pd.DataFrame, dataset: Dataset | None) -> pd.DataFrame:
    """With each item's key and content, where the dataset is still there."""
    try:
        items = dataset.items.iloc[told["row"]] if dataset is not None else None
    except (PeopleError, IndexError, OSError):
        items = None
    if items is None:
        return told.assign(key="")
    if dataset is not None and not dataset.classes:
        told = told.assign(truth=labels_words(dataset, told["row"].tolist()))
    content = items["digest"].astype(str).to_numpy() + "/" + told["truth"].astype(str).to_numpy()
    repeat = pd.Series(content).groupby(content).cumcount().astype(str).to_numpy()
    return told.assign(key=items["key"].astype(str).to_numpy(), item=content + "/" + repeat)


def _measured(names: tuple[str, str], base: Side, both: pd.DataFrame) -> Pair:
    """The difference over items that both were tested on, and the items that one alone has right."""
    one, other = both["right_base"].to_numpy(), both["right_other"].to_numpy()
    if task_of_metric(base.plan.metric) in ("answering", "tagging"):
        difference, error = float(other.mean() - one.mean()), paired_error_of_means(one, other)
    elif task_of_metric(base.plan.metric) == "multilabel":
        difference, error = _of_label_sets(both)
    else:
        difference, error = _of_classes(base.plan.metric, both)
    full_base, full_other = one >= 0.5, other >= 0.5
    apart = both[full_base != full_other]
    items = pd.DataFrame(
        {
            "row": apart["row"] if "row" in apart else apart["row_base"],
            "key": apart["key_base"],
            "truth": apart["truth_base"],
            "base": apart["said_base"],
            "other": apart["said_other"],
            "right": np.where(full_base[full_base != full_other], "base", "other"),
        }
    ).reset_index(drop=True)
    return Pair(
        *names,
        n=len(both),
        difference=difference,
        low=difference - Z * error,
        high=difference + Z * error,
        n_both=int((full_base & full_other).sum()),
        n_neither=int((~full_base & ~full_other).sum()),
        items=items,
    )


def _of_label_sets(both: pd.DataFrame) -> tuple[float, float]:
    """The difference in macro F1 of two models of several labels, and its paired standard error."""
    sets = [both[name].map(json.loads).tolist() for name in ("truth_set_base", "said_set_base", "said_set_other")]
    hot = np.zeros((3, len(both), 1 + max((c for each in sets for own in each for c in own), default=0)), dtype=bool)
    for which, each in enumerate(sets):
        for place, own in enumerate(each):
            hot[which, place, own] = True
    truth, one, other = hot
    return macro_f1(truth, other) - macro_f1(truth, one), paired_error_of_f1(truth, other, one)


def _of_classes(metric: str, both: pd.DataFrame) -> tuple[float, float]:
    """The difference of two classifiers and its paired standard error."""
    words = pd.concat([both[name] for name in ("truth_base", "said_base", "said_other")])
    names, numbers = np.unique(words.astype(str), return_inverse=True)
    truth, one, other = numbers.reshape(3, len(both))
    values = [score(metric, truth, said, len(names)) for said in (one, other)]
    return values[1] - values[0], paired_error(metric, truth, other, one, len(names))
