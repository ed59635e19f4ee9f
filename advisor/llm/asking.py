"""How a dataset's texts are put to a language model: what evidence measures, a plan carries and a model saves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from advisor.core.records import Dataset

if TYPE_CHECKING:
    from advisor.llm.prompt_cache import CachedChatModel
    from probes.prompting import Question, Scores

#: Tokens of a text to classify, and of an example; longer ones lose their end.
TEXT_TOKENS, EXAMPLE_TOKENS = 192, 48
#: Fixed examples of a few-shot prompt, nearest examples in a prompt, and nearest examples whose classes are asked.
SHOTS, NEAREST, NEAREST_ASKED = 16, 8, 20
#: Where there are more classes, only those of the nearest examples are asked, at most this many.
CLASSES_ASKED = 8


@dataclass(frozen=True)
class ShownExample:
    """A labelled example: its text, as shortened, and its class index."""

    text: str
    label: int


@dataclass(frozen=True)
class PromptSetup:
    """One way of asking. ``model``: as `advisor.llm.models.chat_model` takes it; ``labels``: class names in words.

    ``examples`` stand in every prompt; with ``nearest`` above 0 each text has its own instead, that many. ``bias``: log
    of the mean probability of each class over texts of the dataset, divided out; without it the content-free inputs'.
    """

    model: str | None
    template: str
    labels: tuple[str, ...]
    examples: tuple[ShownExample, ...] = ()
    nearest: int = 0
    calibrate: bool = True
    bias: tuple[float, ...] = ()

    @classmethod
    def of(cls, settings: dict[str, Any]) -> PromptSetup:
        """From what `as_dict` gave; settings from before there was a bias were measured without one."""
        shown = tuple(ShownExample(**example) for example in settings["examples"])
        bias = tuple(settings.get("bias", ()))
        return cls(**{**settings, "labels": tuple(settings["labels"]), "examples": shown, "bias": bias})

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        shown = [asdict(one) for one in self.examples]
        return {**asdict(self), "labels": list(self.labels), "examples": shown, "bias": list(self.bias)}

    def scores(
        self, model: CachedChatModel, texts: Sequence[str], near: Sequence[Sequence[ShownExample]] | None = None
    ) -> Scores:
        """Log probabilities of the texts; ``near``: each one's nearest examples, the nearest first."""
        from probes.prompting import Question, Scores, Template, log_shares, score

        short, _ = shortened(model, texts, TEXT_TOKENS)
        if near is None:
            questions = [Question(text, self._words(self.examples)) for text in short]
        else:
            questions = [self._near(text, shown) for text, shown in zip(short, near, strict=True)]
        scores = score(model, Template(self.template), self.labels, questions, self.calibrate and not self.bias)
        return Scores(scores.raw, log_shares(scores.raw - np.array(self.bias))) if self.bias else scores

    def prompt_of(self, text: str) -> str:
        """The whole prompt of a text, for people."""
        from probes.prompting import Template

        return Template(self.template).prompt(self.labels, self._words(self.examples), text).begin

    def _near(self, text: str, near: Sequence[ShownExample]) -> Question:
        """The nearest example stands last, next to the text; classes come by their nearest example."""
        from probes.prompting import Question

        shown = self._words(near[: self.nearest][::-1])
        classes = tuple(dict.fromkeys(one.label for one in near))[:CLASSES_ASKED]
        return Question(text, shown, classes if len(self.labels) > CLASSES_ASKED else None)

    def _words(self, shown: Sequence[ShownExample]) -> tuple[Any, ...]:
        from probes.prompting import Example

        return tuple(Example(one.text, self.labels[one.label]) for one in shown)


def class_words(dataset: Dataset) -> tuple[str, ...]:
    """The class names in words, as a prompt says them."""
    from probes.zero_shot import class_sentences

    return tuple(class_sentences(dataset.classes))


def shown_rows(dataset: Dataset, model: CachedChatModel, rows: np.ndarray) -> tuple[ShownExample, ...]:
    """The dataset's rows as examples of a prompt, shortened."""
    texts, _ = shortened(model, dataset.items["text"].iloc[rows].tolist(), EXAMPLE_TOKENS)
    return tuple(ShownExample(text, int(label)) for text, label in zip(texts, dataset.labels[rows], strict=True))


def shortened(model: CachedChatModel, texts: Sequence[str], most_tokens: int) -> tuple[list[str], int]:
    """The texts, at most so many tokens long by the model's own tokenizer (3 of 4 words where it is not here).

    Also how many lost their end.
    """
    tokenizer: Any = getattr(model.model, "tokenizer", None)
    if tokenizer is None or not len(texts):
        short = [" ".join(text.split()[: 3 * most_tokens // 4]) for text in texts]
        return short, sum(len(text.split()) > 3 * most_tokens // 4 for text in texts)
    limits = {"truncation": True, "max_length": most_tokens, "return_offsets_mapping": True}
    encoded = tokenizer(list(texts), add_special_tokens=False, **limits)
    ends = [max((end for _, end in spans), default=0) for spans in encoded["offset_mapping"]]
    cut = [len(text[end:].strip()) > 0 for text, end in zip(texts, ends, strict=True)]
    return [text[:end] if gone else text for text, end, gone in zip(texts, ends, cut, strict=True)], sum(cut)
