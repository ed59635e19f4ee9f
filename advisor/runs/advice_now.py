"""The advice on a dataset as its page will say it: decided anew where the one that is kept no longer holds.

A run that has finished since, one that was deleted, or another version of the program changes what is recommended. The
page of advice decides anew when it is opened; whatever else speaks of the advice asks here, so that both say the same.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from advisor.advice.advise import again, holds
from advisor.core.errors import PeopleError
from advisor.core.records import Advice, Dataset
from advisor.data.store import open_dataset
from advisor.runs.measured import of_dataset


def advice_now(dataset: Dataset) -> Advice | None:
    """The advice, for the question that was asked last; nothing is measured or kept.

    None where there is none, and where it no longer holds and what it rests on is gone, so that it has to be asked for.
    """
    path = dataset.files.advice
    advice = Advice.saved(path)
    if advice is None:
        return None
    runs = of_dataset(dataset.fingerprint, advice.backbone)
    if holds(advice, runs):
        return advice
    marks = tuple(sorted((name, run.run) for name, run in runs.items()))
    return _decided_anew(path, path.stat().st_mtime_ns, marks)


@lru_cache(maxsize=64)
def _decided_anew(path: Path, changed: int, runs: tuple[tuple[str, str], ...]) -> Advice | None:
    """The advice decided anew; again when its file or the finished runs by rung have changed."""
    try:
        dataset, advice = open_dataset(path.parent.name), Advice.load(path)
        return again(dataset, advice, advice.question, of_dataset(dataset.fingerprint, advice.backbone))
    except PeopleError:
        return None
