"""Several labels per item: every rung against scikit-learn's OneVsRestClassifier on the same features.

    python -m benchmarks.labels                                    all four sets, 500 items each, 60 seconds a rung
    python -m benchmarks.labels --sets code_comments_java --items 1668 --budget 300

The opponent is logistic regression, one label against the rest, on standardised features: those of the backbone's last
layer, and those that the frozen rung chose. It is fitted on training and validation part with each label given from one
half on, as users write it, once with classes weighted alike. All are tested on the same locked test part.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

import advisor
from advisor.core import storage
from advisor.core.errors import PeopleError
from advisor.core.kinds import kind_row
from advisor.core.ladder import RUNG_NAMES
from advisor.core.records import Dataset
from advisor.core.workspace import Workspace
from advisor.data.features import features_of, input_size, load_backbone
from benchmarks.sets import data_folder
from probes.backbones import catalog
from probes.hooks import LAST, hooked
from probes.measured import Measured
from probes.multilabel.scores import average_precisions, measured_f1

SETS = ("hallmarks_cancer", "semeval18_emotions", "code_comments_java", "coffee_leaf_multi")
#: An empty cell of this set is a healthy leaf.
NONE_IS_EMPTY = ("coffee_leaf_multi",)


def dataset_of(name: str, most: int, place: Path) -> Dataset:
    """A set as the product reads it; of a larger one so many rows at random (seed 0)."""
    source = next(iter([*data_folder().glob(f"*/{name}/data.jsonl"), *data_folder().glob(f"*/{name}.zip")]))
    if source.suffix == ".jsonl":
        rows = source.read_text("utf-8").splitlines()
        chosen = np.sort(np.random.default_rng(0).permutation(len(rows))[:most])
        source = place / f"{name}.jsonl"
        source.write_text("\n".join(rows[i] for i in chosen), encoding="utf-8")
    return advisor.read(source, several_labels="each-or-none" if name in NONE_IS_EMPTY else "each")


def one_vs_rest(dataset: Dataset, layers: list[str]) -> Iterator[tuple[str, Measured, float]]:
    """(how it was fitted, macro F1, mean average precision) of the opponent on these layers of the default backbone."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.multiclass import OneVsRestClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    entry = catalog.default(kind_row(dataset.kind).modality)
    backbone: Any = hooked(load_backbone(entry, input_size(dataset, entry), "cpu"), tuple(layers))
    train, test = dataset.where("train", "val"), dataset.where("test")
    found = features_of(dataset, np.concatenate([train, test]), backbone)
    array, truth = np.asarray(found.array), dataset.targets
    for how, weight in (("", None), (", classes weighted alike", "balanced")):
        model = make_pipeline(
            StandardScaler(), OneVsRestClassifier(LogisticRegression(max_iter=2000, class_weight=weight))
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of labels that no item of the sample has
            model.fit(array[: len(train)], truth[train])
        probability = model.predict_proba(array[len(train) :])
        precision = float(np.nanmean(average_precisions(truth[test], probability)))
        yield how, measured_f1(truth[test], probability >= 0.5, 0.0), precision


def rungs(dataset: Dataset, budget: float) -> Iterator[tuple[str, Measured, float, Measured | None, float, list[str]]]:
    """(rung, test value, mean average precision, forecast, seconds, layers of the head) of every rung that ran."""
    advice = advisor.advise(dataset, budget=min(60.0, budget), backbones="none")
    for rung in RUNG_NAMES:
        try:
            report = advisor.train(dataset, rung=rung, advice=advice, budget=budget)
        except PeopleError as error:
            print(f"{rung}: {error}", flush=True)
            continue
        known = [row["average_precision"] for row in report.per_class if row["average_precision"] is not None]
        spec = storage.read_object(Workspace.here().run(report.run).model)
        layers = spec.get("backbone", {}).get("depths", [LAST])
        title = rung if report.served == rung else f"{rung} (kept {report.served})"
        yield title, report.test, float(np.mean(known)), report.promised, report.seconds, layers


def row(name: str, value: Measured, precision: float, more: str = "", seconds: str = "") -> str:
    """A line of the table."""
    low, high = 100 * value.low, 100 * value.high
    return (
        f"| {name} | {100 * value.value:.1f} | {low:.1f} to {high:.1f} | {100 * precision:.1f} | {more} | {seconds} |"
    )


def main() -> None:
    """Print a table for each set."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS))
    parser.add_argument("--items", type=int, default=500, help="of each set of texts")
    parser.add_argument("--budget", type=float, default=60.0, help="seconds of each rung")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        for name in wanted.sets:
            dataset = dataset_of(name, wanted.items, Path(place))
            counts = {part: len(dataset.where(part)) for part in ("train", "val", "test")}
            print(f"\n### {name}: {len(dataset.classes)} labels, {json.dumps(counts)}\n")
            print("| | macro F1 | 90 % interval | average precision | forecast | seconds |\n|---|---|---|---|---|---|")
            chosen = [LAST]
            for title, value, precision, promised, seconds, layers in rungs(dataset, wanted.budget):
                said = f"{100 * promised.low:.0f} to {100 * promised.high:.0f}" if promised else ""
                print(row(title, value, precision, said, f"{seconds:.0f}"), flush=True)
                chosen = layers if title == "frozen" else chosen
            for words, own in {"last features": [LAST], "the frozen rung's features": chosen}.items():
                for how, value, precision in one_vs_rest(dataset, own):
                    print(row(f"OneVsRest, {words}{how}", value, precision), flush=True)


if __name__ == "__main__":
    main()
