"""What the server answers, as records that its OpenAPI page describes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from pydantic import BaseModel, Field

from advisor.core.records import Answer, Prediction, Tagged
from advisor.rungs.saved.verdicts import verdict

#: Digits behind the point of a probability.
DIGITS = 6


class Label(BaseModel):
    """The label of one input, or why it has none."""

    label: str | None = None
    probability: float | None = Field(default=None, description="Of the label, 0 to 1.")
    runner_up: str | None = Field(default=None, description="The second most probable class.")
    runner_up_probability: float | None = None
    not_sure: bool = Field(default=True, description="Whether the label is better looked at by a person.")
    likely: list[str] | None = Field(
        default=None, description="Where it is not sure and the run keeps a threshold: the classes that it may be."
    )
    probabilities: dict[str, float] | None = Field(default=None, description="Of every class, where asked for.")
    problem: str | None = Field(default=None, description="Why the input could not be used.")
    note: str | None = None


class Labels(BaseModel):
    """The labels of the inputs, in their order."""

    predictions: list[Label]

    @property
    def rows(self) -> list[Label]:
        """One for each input."""
        return self.predictions


class LabelSet(BaseModel):
    """The labels of one input, or why it has none; none of them may apply."""

    labels: list[str] | None = Field(default=None, description="Those whose probability reaches their threshold.")
    probabilities: dict[str, float] | None = Field(default=None, description="Of every label by itself, 0 to 1.")
    problem: str | None = Field(default=None, description="Why the input could not be used.")
    note: str | None = None


class LabelSets(BaseModel):
    """The labels of the inputs, in their order."""

    predictions: list[LabelSet]

    @property
    def rows(self) -> list[LabelSet]:
        """One for each input."""
        return self.predictions


class Cited(BaseModel):
    """A passage that an answer rests on."""

    document: str
    title: str
    text: str
    start: int
    end: int
    score: float


class Reply(BaseModel):
    """The answer to one question, or why it was not asked."""

    answer: str | None = None
    supported: bool = Field(default=False, description="Whether a passage of the documents supports it.")
    probability: float | None = None
    not_sure: bool = True
    passages: list[Cited] = []
    problem: str | None = None
    note: str | None = Field(default=None, description="Why there is no answer though the question was asked.")


class Replies(BaseModel):
    """The answers to the questions, in their order."""

    answers: list[Reply]

    @property
    def rows(self) -> list[Reply]:
        """One for each input."""
        return self.answers


class Marked(BaseModel):
    """A run of words: characters from start up to, but not with, end."""

    start: int
    end: int
    type: str
    text: str
    probability: float | None = Field(default=None, description="The least of its words.")


class Sentence(BaseModel):
    """The spans of one text, or why it was not marked."""

    spans: list[Marked] = []
    not_sure: bool = Field(default=False, description="Whether a span is better looked at by a person.")
    problem: str | None = None


class Sentences(BaseModel):
    """What is marked in the inputs, in their order."""

    sentences: list[Sentence]

    @property
    def rows(self) -> list[Sentence]:
        """One for each input."""
        return self.sentences


class Problem(BaseModel):
    """Why a request was not answered."""

    error: str


def labels(predictions: Sequence[Prediction], least: float, everything: bool) -> Labels:
    """Predictions as they are answered. least: as `verdict` takes it; everything: with all probabilities."""
    return Labels(predictions=[_label(prediction, least, everything) for prediction in predictions])


def _label(prediction: Prediction, least: float, everything: bool) -> Label:
    seen = verdict(prediction, least)
    if seen.label is None:
        return Label(problem=seen.problem)
    return Label(
        label=seen.label,
        probability=_rounded(seen.probability),
        runner_up=seen.runner_up or None,
        runner_up_probability=_rounded(seen.runner_up_probability) if seen.runner_up else None,
        not_sure=seen.not_sure,
        likely=list(seen.likely) or None,
        probabilities={c: round(p, DIGITS) for c, p in prediction.probabilities.items()} if everything else None,
        note=seen.note or None,
    )


def label_sets(predictions: Sequence[Prediction], least: float, everything: bool) -> LabelSets:
    """Predictions of several labels. everything: with the probabilities of the labels that are not given, too."""
    return LabelSets(predictions=[_label_set(prediction, everything) for prediction in predictions])


def _label_set(prediction: Prediction, everything: bool) -> LabelSet:
    if prediction.labels is None:
        return LabelSet(problem=prediction.problem)
    shown = prediction.probabilities if everything else {c: prediction.probabilities[c] for c in prediction.labels}
    return LabelSet(
        labels=list(prediction.labels),
        probabilities={label: round(share, DIGITS) for label, share in shown.items()},
        note=prediction.note or None,
    )


def _rounded(share: float | None) -> float | None:
    return None if share is None else round(share, DIGITS)


def replies(answers: Sequence[Answer], least: float, everything: bool) -> Replies:
    """Answers to questions as they are answered; an answer is sure where a passage supports it."""
    return Replies(answers=[_reply(answer) for answer in answers])


def _reply(answer: Answer) -> Reply:
    if answer.problem:
        return Reply(problem=answer.problem)
    fields = set(Cited.model_fields)
    return Reply(
        answer=answer.usable,
        supported=answer.supported and not answer.looped,
        probability=_rounded(answer.probability),
        not_sure=answer.looped or not answer.supported,
        passages=[Cited.model_validate(passage.model_dump(include=fields)) for passage in answer.passages],
        note=answer.note or None,
    )


def sentences(tagged: Sequence[Tagged], least: float, everything: bool) -> Sentences:
    """Marked texts as they are answered; every span has its probability."""
    fields = set(Marked.model_fields)
    return Sentences(
        sentences=[
            Sentence(problem=one.problem)
            if one.problem
            else Sentence(
                spans=[Marked.model_validate(span.model_dump(include=fields)) for span in one.spans],
                not_sure=any((span.probability or 0.0) < least for span in one.spans),
            )
            for one in tagged
        ]
    )


#: What a server answers with.
Record = Labels | LabelSets | Replies | Sentences
#: From what a model says, the bound of being sure, and whether all probabilities are wanted, to what is answered.
Answered = Callable[[Sequence[Any], float, bool], Record]
