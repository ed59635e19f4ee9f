"""Sequential stopping: the sample starts small and is doubled only while it leaves the decision open.

At each size the three cheap rungs (class names, nearest examples, linear probe) are compared on the items so far;
`probes.sequential` says when that is enough. The budget's share for extraction ends it in any case. A set that is read
whole within ten seconds of a first look is read at once: on 1,438 digits the look took half as long as the rest.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import numpy as np

from advisor.core.records import Dataset
from advisor.core.wording import counted
from advisor.evidence.feature_probes import class_name_answers
from advisor.evidence.sample import EXTRACTION_SHARE, Sample, sample_size, sampled
from probes.errors import BackboneError, ProbeError
from probes.progress import Progress
from probes.timings import stage

if TYPE_CHECKING:
    from advisor.data.features import Backbone
    from probes.device import Calibration

FIRST_LOOK = 400
#: The first sample takes at least as many items as so many seconds bring: comparing the rungs costs about as much.
LOOK_SECONDS = 3.0
#: Where the items beyond the first look are read within so many seconds, they are, without a look: that costs as much.
WHOLE_SECONDS = 10.0
#: A sample that would hold more than this share of the most items takes them all at once.
NEARLY_ALL = 0.7
#: Share of the budget for one comparison's linear probe.
LOOK_SHARE = 0.05

Answers = dict[str, np.ndarray]


def grown(
    dataset: Dataset, backbone: Backbone, calibration: Calibration, budget_seconds: float, progress: Progress
) -> tuple[Sample, list[str]]:
    """The sample as large as the decision needs, within the budget's share, and notes about it."""
    n_all = len(dataset.where("train", "val"))
    most = min(n_all, sample_size(calibration, budget_seconds))
    first_look = max(FIRST_LOOK, int(LOOK_SECONDS * calibration.items_per_second))
    whole = most == n_all and n_all - first_look <= WHOLE_SECONDS * calibration.items_per_second
    reason, spent, size = None, 0.0, most if whole else _no_less(first_look, most)
    before: tuple[Sample, Answers] | None = None
    while True:
        first = before[0].size if before else 0

        def step(sentence: str, share: float, start: int = first, size: int = size, most: int = most) -> None:
            progress(sentence, 0.05 + 0.3 * (start + share * (size - start)) / most)

        sample = sampled(dataset, backbone, calibration, size, step)
        spent += sample.seconds
        most = min(most, max(size, _affordable(sample, size - first, spent, budget_seconds)))
        if size >= most:
            break
        answers = _answers(dataset, backbone, sample, LOOK_SHARE * budget_seconds)
        reason = _reason(dataset, sample, answers, before)
        if reason is not None:
            break
        before, size = (sample, answers), _no_less(2 * size, most)
    return sample, _notes(sample, n_all, reason)


def _no_less(size: int, most: int) -> int:
    """The size of a sample, or the most items where it holds nearly all of them."""
    return most if size >= NEARLY_ALL * most else size


def _affordable(sample: Sample, n_new: int, spent: float, budget_seconds: float) -> int:
    """How many items the budget's share pays for at the pace of the last extraction, with decoding."""
    left = EXTRACTION_SHARE * budget_seconds - spent
    return sample.size + (int(n_new * max(left, 0.0) / sample.seconds) if sample.seconds else 10**9)


@stage("looks")
def _answers(dataset: Dataset, backbone: Backbone, sample: Sample, seconds: float) -> Answers:
    """Each cheap rung's predictions on the sample, out of fold; none where nothing can be held out yet."""
    from probes.linear import linear_probe
    from probes.neighbours import knn

    n_classes, metric = len(dataset.classes), dataset.metric
    known = (sample.features, sample.labels, metric, sample.groups)
    try:
        answers = {
            "the linear probe": linear_probe(*known, seconds_limit=seconds, n_classes=n_classes).oof_predicted,
            "the nearest examples": knn(*known, n_classes=n_classes).predicted,
        }
    except ProbeError:
        return {}
    with contextlib.suppress(BackboneError):  # the encoder of the names is not here
        answers["the class names"] = class_name_answers(dataset, backbone, sample)[0]
    return answers


def _reason(dataset: Dataset, sample: Sample, answers: Answers, before: tuple[Sample, Answers] | None) -> str | None:
    """Why this sample is large enough, or None."""
    from probes.sequential import reason_to_stop

    if not answers:
        return None
    earlier = None
    if before is not None and before[1]:
        earlier = np.flatnonzero(np.isin(sample.rows, before[0].rows)), before[1]
    return reason_to_stop(dataset.metric, sample.labels, answers, earlier, len(dataset.classes))


def _notes(sample: Sample, n_all: int, reason: str | None) -> list[str]:
    """How many items were used and why no more; how many could not be decoded."""
    notes = []
    n = len(sample.rows) + sample.n_unreadable
    if n < n_all:
        why = f"more would not change the decision, because {reason}" if reason else "the budget pays for no more"
        notes.append(f"The probes used {n:,} of {counted(n_all, 'training item')}, some of every class: {why}.")
    if sample.n_unreadable:
        notes.append(f"{counted(sample.n_unreadable, 'item')} could not be decoded and stayed out.")
    return notes
