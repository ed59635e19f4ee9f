"""What the settings of a run are called on the pages, and which say nothing to a reader.

A run writes down everything that it was carried out with. Its files and `advisor runs compare` have all of it; the
pages leave out the program's own inner settings, and values that mean "not used" on this rung.
"""

from __future__ import annotations

from collections.abc import Sequence

from advisor.core import wording
from advisor.core.ladder import RUNG_NAMES, rung
from advisor.runs.settings import NONE

NAMES = {
    "rung": "Rung", "backbone": "Backbone", "dataset_name": "Dataset", "fingerprint": "Fingerprint of the data",
    "metric": "Metric", "input_size": "Input size, px or tokens", "budget_seconds": "Time budget, s",
    "seed": "Seed", "launcher": "Launcher", "processes": "Processes",
    "n_train": "Training items", "n_validation": "Validation items", "n_items": "Items", "n_seeds": "Seeds tried",
    "n_folds": "Folds", "n_questions": "Training questions", "n_marked": "Passages that hold the answer",
    "depths": "Layers under the head", "head": "Head", "penalty": "Regularisation of the head",
    "probe.head": "Frozen head before tuning", "probe.penalty": "Regularisation of that head",
    "temperature": "Temperature of the probabilities", "architecture": "Network",
    "objective": "Loss", "learning_rate": "Learning rate", "head_learning_rate": "Learning rate of the head",
    "weight_decay": "Weight decay", "batch_size": "Batch size", "steps": "Steps",
    "max_epochs": "Passes over the data, at most", "warmup": "Warm-up, share of the steps",
    "clip": "Gradient norm, at most", "label_smoothing": "Label smoothing",
    "layer_decay": "Learning rate from layer to layer", "layer_share": "Share of the blocks trained",
    "patience": "Checks without progress before it stops", "n_evaluations": "Checks on validation items, at most",
    "average_last": "Weights averaged over the last share of the steps", "precision": "Precision",
    "augmentation": "Augmentation", "adapters": "LoRA adapters",
    "n_passages": "Passages searched", "k": "Neighbours or passages used", "type": "Answers from",
    "threshold": "Least similarity that supports an answer", "choices": "Answers to choose from",
    "prompt.system": "Prompt: system", "prompt.user": "Prompt: user", "prompt.begin": "Prompt",
    "similarity": "Similarity",
}  # fmt: skip
#: The program's own: how it guards and paces itself, or what repeats another line.
INNER = {
    "gentle_steps", "first_look", "rollbacks", "accumulate", "autocast", "hold_batch_norm", "usual_input_size",
    "seconds", "seal", "tried", "raced", "race", "items_per_second", "read_per_second", "device", "rung",
}  # fmt: skip
#: Values that say that a setting is not used, besides none at all.
UNUSED = {
    "input_size": {"0"}, "patience": {"0"}, "n_evaluations": {"0"}, "head_learning_rate": {"0"}, "average_last": {"0"},
    "adapters": {"no"}, "n_seeds": {"1"}, "layer_decay": {"1"}, "layer_share": {"1"}, "processes": {"1"},
}  # fmt: skip
KINDS = {
    "passages": "retrieved passages", "closed book": "the model alone", "reader": "passages, by a trained reader",
    "adapter": "passages, by a tuned model",
}  # fmt: skip


def title(name: str) -> str:
    """What a setting is called on a page.

    >>> title("n_train"), title("scratch.network")
    ('Training items', 'Scratch: network')
    """
    return NAMES.get(name, wording.capital(name.replace("_", " ").replace(".", ": ")))


def shown(name: str, value: str) -> str:
    """A setting's value for a page; "" where it says nothing. value: in the words of `advisor.runs.settings.worded`.

    >>> shown("input_size", "0"), shown("input_size", "160"), shown("gentle_steps", "80"), shown("rung", "rag")
    ('', '160', '', 'Retrieval')
    """
    if value in (NONE, "none", "") or value in UNUSED.get(name, ()):
        return ""
    if name == "rung":
        return rung(value).title if value in RUNG_NAMES else value
    return "" if name in INNER else KINDS.get(value, value) if name == "type" else value


def table(settings: Sequence[tuple[str, Sequence[str]]]) -> list[tuple[str, tuple[str, ...]]]:
    """Titles with a value for each run, of those that say something and differ.

    >>> table([("seed", ("0", "1")), ("patience", ("0", "–")), ("clip", ("–", "1"))])
    [('Seed', ('0', '1')), ('Gradient norm, at most', ('', '1'))]
    """
    rows = [(title(name), tuple(shown(name, value) for value in values)) for name, values in settings]
    return [(name, values) for name, values in rows if len(set(values)) > 1]
