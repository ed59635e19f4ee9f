"""When a run's model should answer: a threshold chosen on held-out items, checked on the test part, kept beside it.

What the model says of held-out items is written when it is trained, and measured where an older run lacks it. Choosing
reads files alone, so that a page can do it while somebody drags.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from advisor.core import storage
from advisor.core.errors import RunError
from advisor.core.records import Dataset, Plan, Threshold
from advisor.core.wording import count, counted, percent
from advisor.core.workspace import RunFiles
from advisor.data.store import planned
from advisor.rungs.saved import held_out as files
from advisor.rungs.saved.held_out import HeldOut
from probes.interval import Counts, around, posterior
from probes.progress import Progress, silent
from probes.selective import CERTAINTY, Point, answered, curve, least_likely, likely, thresholds

if TYPE_CHECKING:
    import pandas as pd

    from advisor.rungs.saved.loading import Model

#: The share of doubtful items whose likely classes hold the truth, and how many held-out items are doubtful at least:
#: sets for all items would name one class where the model is mostly right, also where it is not sure.
HOLDS, LEAST_DOUBTFUL = 0.9, 50


def held_out(
    plan: Plan,
    dataset: Dataset,
    folder: Path,
    model: Model | None = None,
    seconds: float = float("inf"),
    progress: Progress = silent,
) -> HeldOut:
    """What the run's model says of held-out items: as it is kept, else measured and kept.

    model: as loaded, where it is. seconds: for asking one by one. Raises RunError where nothing is held out, and what
    loading raises.
    """
    known = files.kept(folder)
    if known is not None:
        return known
    from advisor.rungs.held_out import measure
    from advisor.rungs.saved.loading import load
    from advisor.rungs.saved.predictor import Predictor

    progress("Loading the model", 0.0)
    model = model or load(folder)
    if not isinstance(model, Predictor):
        if plan.kind == "tags":
            raise RunError("A model that marks words has no threshold: each span has a probability of its own.")
        raise RunError(
            "A model of questions has its own limit: it answers only what a passage supports. Ask it with: advisor "
            f"predict {plan.run}"
        )
    measured = measure(plan, dataset, model, seconds, progress)
    files.keep(folder, measured)
    return measured


def held_out_of(folder: Path, progress: Progress = silent) -> HeldOut:
    """As `held_out`, by the run's folder alone; its dataset is opened only where something has to be measured."""
    known = files.kept(folder)
    if known is not None:
        return known
    if not RunFiles(folder).plan.is_file():
        raise RunError(f"{folder} is no run's folder, so its held-out items are not known. Give the run it came from.")
    plan = Plan.load(RunFiles(folder).plan)
    return held_out(plan, planned(plan), folder, progress=progress)


def choose(folder: Path, said: HeldOut, right: float, certainty: float = CERTAINTY) -> Threshold:
    """The threshold that answers most while `right` of the answers (0 to 1) are right with `certainty`.

    Raises RunError for a share that no threshold can promise, saying which one can be.
    """
    if not 0.0 < right < 1.0:
        raise RunError(f"The share of right answers lies between 0 and 1, not at {right:g}. Give one, such as 0.95.")
    promises = thresholds(said.confidence, said.right, certainty)
    best = max(promises, key=lambda one: one.promised, default=None)
    if best is None or best.promised < right:
        raise RunError(unpromised(right, best.promised if best else 0.0, best.covers if best else 0.0, len(said.rows)))
    one = [one for one in promises if one.promised >= right][-1]
    doubtful = max(one.least, _below(said.confidence, LEAST_DOUBTFUL))
    unsure = said.confidence < doubtful
    least_in_set = least_likely(said.of_truth[unsure], HOLDS)
    return Threshold(
        right=right,
        certainty=certainty,
        least=one.least,
        covers=one.covers,
        right_there=one.right,
        n=len(said.rows),
        doubtful=doubtful,
        least_likely=least_in_set,
        holds=HOLDS,
        n_likely=float(likely(said.probabilities[unsure], least_in_set).sum(axis=1).mean()) if unsure.any() else 1.0,
        **_on_test(folder, one.least, doubtful, least_in_set),
    )


def _below(confidence: np.ndarray, n: int) -> float:
    """The probability below which the n least confident items lie; above 1 where there are no more."""
    return float(np.sort(confidence)[n]) if len(confidence) > n else 2.0


def unpromised(right: float, most: float, covers: float, n: int) -> str:
    """Why no threshold promises that share, and what can be promised."""
    no = (
        f"No threshold can promise that {percent(right)} of the answers will be right, judged on {count(n)} held-out "
        f"items."
    )
    if most <= 0.5:
        return f"{no} Label more items and train again."
    reachable = percent(math.floor(1000 * most) / 1000)
    return f"{no} The most that can be promised is {reachable}, for {percent(covers, 0)} of the items."


def sentences(one: Threshold) -> tuple[str, ...]:
    """What a threshold promises and covers, how it did on the test part, and what it names where it is not sure."""
    if always(one):
        return _of_every_answer(one)
    lines = [
        f"It answers from a probability of {one.least:.3f} on. By the held-out items, with {percent(one.certainty, 0)} "
        f"certainty at least {percent(one.right)} of these answers will be right.",
        f"Of {counted(one.n, 'held-out item')} it answers {percent(one.covers, 0)}; {percent(one.right_there)} of "
        f"these answers are right.",
    ]
    if one.test_covers is not None and one.test_right is not None:
        lines.append(
            f"Checked on the test part: {_with_interval(one)} of the {percent(one.test_covers, 0)} answered are right "
            f"({counted(one.n_test, 'item')}; none took part in the choice).{_doubt(one)}"
        )
    checked = (
        ""
        if one.test_holds is None
        else (f"; on the test part they held it for {percent(one.test_holds, 0)} of {one.n_test_doubtful:,}")
    )
    lines.append(
        f"Where it is not sure, it names the likely classes, {one.n_likely:.1f} on average. They hold the truth for "
        f"about {percent(one.holds, 0)} of such items{checked}."
    )
    return tuple(lines)


def always(one: Threshold) -> bool:
    """Whether a threshold leaves no item unanswered."""
    return one.least <= 0.0


def _of_every_answer(one: Threshold) -> tuple[str, ...]:
    """As `sentences`, of a model that always answers: nothing is covered in part, and nothing is named instead."""
    lines = [
        f"It answers every item. By the held-out items, with {percent(one.certainty, 0)} certainty at least "
        f"{percent(one.right)} of its answers will be right.",
        f"Of {counted(one.n, 'held-out item')} it has {percent(one.right_there)} right.",
    ]
    if one.test_right is not None:
        lines.append(
            f"Checked on the test part: {_with_interval(one)} of {counted(one.n_test, 'item')} are right; none took "
            f"part in the choice.{_doubt(one)}"
        )
    return tuple(lines)


def _with_interval(one: Threshold) -> str:
    """The share of the test part's answers that are right, with its 90 % interval."""
    share, (low, high) = one.test_right or 0.0, _test_interval(one)
    return f"{percent(share)} ({100 * low:.1f} to {100 * high:.1f})"


def _test_interval(one: Threshold) -> tuple[float, float]:
    """The 90 % interval of the share of right answers on the test part."""
    n = round((one.n_test or 0) * (1.0 if one.test_covers is None else one.test_covers))
    right = round(n * (one.test_right or 0.0))
    return around(one.test_right or 0.0, posterior(Counts(np.array([right]), np.array([n])))[:, 0])


def _doubt(one: Threshold) -> str:
    """That the test part speaks against the promise, or does not bear it out; "" where it does."""
    _, high = _test_interval(one)
    if high < one.right:
        return f" That speaks against {percent(one.right)}: take a higher share, or look at the mistakes."
    return "" if (one.test_right or 0.0) >= one.right else f" That is below {percent(one.right)}, by chance perhaps."


def kept(folder: Path) -> Threshold | None:
    """The threshold that is kept; None for none. Raises StorageError where it is damaged."""
    return files.kept_threshold(folder)


def keep(folder: Path, one: Threshold) -> None:
    """Apply a threshold from now on: in Try it, in tables, when serving and in exports."""
    one.save(RunFiles(folder).threshold)


def forget(folder: Path) -> None:
    """Apply none any more."""
    RunFiles(folder).threshold.unlink(missing_ok=True)


def _on_test(folder: Path, least: float, doubtful: float, least_in_set: float) -> dict[str, Any]:
    """How the choice does on the test part; nothing where an older run keeps too little of it."""
    table = _test_table(folder)
    if table is None or not len(table):
        return {}
    confidence = table["probability"].to_numpy(np.float32)
    right = (table["truth"] == table["predicted"]).to_numpy()
    covers, share, _ = answered(confidence, right, least)
    found: dict[str, Any] = {"test_covers": covers, "test_right": share, "n_test": len(table)}
    unsure = confidence < doubtful
    if "of_truth" in table and unsure.any():  # the most probable class always is likely
        holds = right | (table["of_truth"].to_numpy(np.float32) >= least_in_set)
        found |= {"test_holds": float(holds[unsure].mean()), "n_test_doubtful": int(unsure.sum())}
    return found


def tested(folder: Path) -> list[Point]:
    """Accuracy against coverage on the test part; nothing where an older run keeps too little of it."""
    table = _test_table(folder)
    if table is None:
        return []
    return curve(table["probability"].to_numpy(np.float32), (table["truth"] == table["predicted"]).to_numpy())


def _test_table(folder: Path) -> pd.DataFrame | None:
    import pandas as pd

    path = RunFiles(folder).predictions
    if not path.is_file():
        return None
    storage.check_manifest(path.parent, path.name)
    return pd.read_parquet(path)
