"""The classes of a text by a language model: how likely is each class name after the prompt?"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import torch
from language import HOW, MODEL, TOKENIZER, fitted, tokens

if HOW["nearest"]:
    from nearest import nearest

LABELS: list[str] = HOW["labels"]
OPTIONS = [tokens(f" {label}") for label in LABELS]


def log_probabilities(text: str) -> np.ndarray:
    """log p of each class, (C,), with the model's own leaning to some names taken out."""
    shown, classes = nearest(text) if HOW["nearest"] else (HOW["examples"], list(range(len(LABELS))))
    rows = np.full(len(LABELS), -np.inf)
    rows[classes] = shares(log_p(prompt(shortened(text), shown, classes), classes))
    if HOW["bias"]:
        return shares(rows - np.array(HOW["bias"]))
    if HOW["calibrate"]:  # what it would say of texts that say nothing
        empty = np.stack([shares(log_p(prompt(each, shown, classes), classes)) for each in HOW["content_free"]])
        rows[classes] = shares(rows[classes] - np.log(np.maximum(np.exp(empty).mean(axis=0), 1e-12)))
    return rows


def prompt(text: str, shown: Sequence[Sequence[object]], classes: Sequence[int]) -> str:
    """The whole prompt of a text after labelled examples, (text, class) each."""
    examples = "\n\n".join(f"{filled(str(example))} {LABELS[int(str(label))]}" for example, label in shown)
    values = {"{labels}": ", ".join(LABELS[c] for c in classes), "{examples}": examples}
    head = re.sub(r"\{labels\}|\{examples\}", lambda field: values[field[0]], HOW["head"])
    return re.sub(r"\n{3,}", "\n\n", head).lstrip("\n") + filled(text)


def filled(text: str) -> str:
    """The question about a text, which stands on one line."""
    pattern: str = HOW["pattern"]
    return pattern.replace("{text}", " ".join(text.split()))


def shortened(text: str) -> str:
    """A long text without its end."""
    spans = TOKENIZER(text, add_special_tokens=False, truncation=True, max_length=HOW["text_tokens"],
                      return_offsets_mapping=True).offset_mapping  # fmt: skip
    return text[: max((end for _, end in spans), default=0)]


@torch.inference_mode()
def log_p(text: str, classes: Sequence[int]) -> np.ndarray:
    """log p of the names of some classes after a prompt."""
    options = [OPTIONS[c] for c in classes]
    longest = max(map(len, options))
    begin = fitted([HOW["start"], *tokens(text)], HOW["max_tokens"] - longest)
    ids = torch.tensor([begin + option + [0] * (longest - len(option)) for option in options])
    logits = MODEL(input_ids=ids, logits_to_keep=longest + 1).logits
    told = torch.log_softmax(logits.float(), dim=-1)
    return np.array([sum(float(row[i, token]) for i, token in enumerate(option))
                     for row, option in zip(told, options, strict=True)])  # fmt: skip


def shares(rows: np.ndarray) -> np.ndarray:
    """Log probabilities over the classes alone."""
    top = rows - rows.max()
    logs: np.ndarray = top - np.log(np.exp(top).sum())
    return logs
