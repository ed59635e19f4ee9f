"""What low-rank adapters (LoRA) brought over retrieval on other sets of questions.

Nothing that is seen before training foretells it yet: four sets are too few to regress on. So the gain is the mean over
the sets that were carried out, each counting alike, with one more of no gain, as nothing was known before them.
"""

from __future__ import annotations

import math
from collections import defaultdict
from functools import lru_cache

from advisor.advice.outlook.experience import Experience
from advisor.advice.outlook.signals import Z

#: Fewer sets than this tell nothing: no gain is counted on, give or take so much.
LEAST_SETS, SPREAD = 3, 0.15


@lru_cache(maxsize=128)
def adapter_gain(experience: Experience) -> tuple[float, float]:
    """(mean, standard deviation over sets) of the gain in token F1, a share."""
    gains: dict[str, list[float]] = defaultdict(list)
    for task in experience.tasks:
        tuned, retrieved = task.value("fine-tune"), task.value("rag")
        if task.situation.kind == "qa" and tuned is not None and retrieved is not None:
            gains[task.dataset].append(tuned - retrieved)
    if len(gains) < LEAST_SETS:
        return 0.0, SPREAD
    means = [0.0, *(sum(found) / len(found) for found in gains.values())]
    mean = sum(means) / len(means)
    return max(mean, 0.0), math.sqrt(sum((one - mean) ** 2 for one in means) / (len(means) - 1))


def with_adapter(value: float, low: float, high: float, experience: Experience) -> tuple[float, float, float]:
    """Retrieval's expected value and 90 % interval, with an adapter trained; it goes back where that brings nothing.

    So the lower bound stays, and the upper one moves by the gain and its spread.
    """
    gain, spread = adapter_gain(experience)
    return min(value + gain, 1.0), low, min(high + gain + Z * spread, 1.0)
