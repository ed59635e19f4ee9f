"""Which layers of the language model tell this dataset's classes apart? Asked for by name, not part of the minute.

One pass gives every layer of a few hundred texts, averaged over their tokens; the probe is that of the backbones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from advisor.core.records import Dataset, Depths
from advisor.evidence.depth import record
from advisor.evidence.sample import related
from probes.progress import Progress, silent

if TYPE_CHECKING:
    from probes.backbones.language import LanguageModel

ITEMS = 300
MAX_TOKENS = 96
STEP = 32


def measure_language_depths(
    dataset: Dataset,
    model: LanguageModel | None = None,
    items: int = ITEMS,
    seconds_limit: float = 20.0,
    progress: Progress = silent,
) -> Depths | None:
    """Probe every layer on a stratified `items` of the training part; None when nothing can be held out.

    Texts only. Raises BackboneError when no model is given and the default one cannot be had here.
    """
    from advisor.evidence.sample import stratified
    from advisor.llm.models import load_language_model
    from probes.errors import ProbeError
    from probes.layers import probe_layers

    model = model or load_language_model(progress=progress)
    rows = dataset.where("train", "val")
    rows = stratified(rows, dataset.labels[rows], items)
    texts = dataset.items["text"].iloc[rows].tolist()
    parts = []
    for start in range(0, len(texts), STEP):
        progress(f"Reading {len(texts)} texts with {model.entry.title}", start / len(texts))
        parts.append(model.hidden_states(texts[start : start + STEP], MAX_TOKENS))
    depths = [(layers[0][0], np.concatenate([rows for _, rows in layers])) for layers in zip(*parts, strict=True)]
    try:
        probed = probe_layers(
            depths,
            dataset.labels[rows],
            dataset.metric,
            related(dataset)[rows],
            n_classes=len(dataset.classes),
            seconds_limit=seconds_limit,
        )
    except ProbeError:
        return None
    return record(probed)
