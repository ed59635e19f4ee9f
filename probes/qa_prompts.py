"""Questions put to a language model, closed-book or with passages before them, and its replies reduced to the answer.

Prompts are short: a model of 135 million parameters gets lost in long ones.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from probes.chat import ChatModel, Prompt
from probes.reading import normalised

#: The longest answer asked for, in tokens; answers are a few words.
ANSWER_TOKENS = 24
#: So few different answers over all training questions are a choice: yes, no, maybe.
MOST_CHOICES = 6
_LEAD = re.compile(r"^(the answer is|answer|a)\s*:?\s+", re.IGNORECASE)


@dataclass(frozen=True)
class QuestionPrompt:
    """How a question is put.

    ``user`` or ``begin`` holds ``{question}`` and, where the model gets text to read, ``{passages}``. With ``begin``
    alone the model continues plain text, outside a chat.
    """

    system: str
    user: str
    begin: str = ""

    def prompt(self, question: str, passages: Sequence[str] = ()) -> Prompt:
        """The prompt for one question; the passages keep their order."""
        values = {"{passages}": "\n\n".join(passages), "{question}": question}

        def written(part: str) -> str:
            """At once, since a passage may speak of {question}."""
            return re.sub(r"\{passages\}|\{question\}", lambda field: values[field[0]], part)

        return Prompt(self.system, written(self.user), written(self.begin))


#: Plain text with one example, since the chat template makes a small model ramble: given the passage with the answer,
#: SmolLM2 reached a token F1 of 0.22 this way and 0.16 with the template, on 28 questions of xquad_en.
CLOSED_BOOK = QuestionPrompt(
    "", "", "Question: Where was Marie Curie born?\nAnswer: Warsaw\n\nQuestion: {question}\nAnswer:"
)
OPEN_BOOK = QuestionPrompt(
    "",
    "",
    "Text: Marie Curie was born in Warsaw in 1867. She won two Nobel Prizes.\nQuestion: Where was Marie Curie born?\n"
    "Answer: Warsaw\n\nText: {passages}\nQuestion: {question}\nAnswer:",
)


def choices_among(answers: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """The few answers that all questions choose from, the most frequent first; none where answers are free.

    >>> choices_among([["yes"], ["no"], ["yes"]] * 10)
    ('yes', 'no')
    """
    counts = Counter(normalised(truth) for truths in answers for truth in truths[:1])
    few = 0 < len(counts) <= MOST_CHOICES and sum(counts.values()) >= 5 * len(counts)
    return tuple(name for name, _ in counts.most_common()) if few else ()


def usual_prompt(with_passages: bool, choices: Sequence[str] = ()) -> QuestionPrompt:
    """The default prompt; it names the choices where there are some."""
    if not choices:
        return OPEN_BOOK if with_passages else CLOSED_BOOK
    names = " or ".join([", ".join(choices[:-1]), choices[-1]] if len(choices) > 1 else choices)
    text = "Text: {passages}\n\n" if with_passages else ""
    return QuestionPrompt(f"Answer the question with {names}.", f"{text}Question: {{question}} Answer {names}.")


def tidied(reply: str, choices: Sequence[str] = ()) -> str:
    """The answer itself: no "The answer is", no quotes, no full stop; the choice that it begins with, if any.

    >>> tidied('The answer is "Warsaw".'), tidied("Yes, they do.", ("yes", "no"))
    ('Warsaw', 'yes')
    """
    text = _LEAD.sub("", reply.strip()).strip().strip("\"'“”").removesuffix(".").strip("\"'“” ")
    words = normalised(text)
    return next((choice for choice in choices if words == choice or words.startswith(f"{choice} ")), text)


@dataclass(frozen=True)
class ModelAnswer:
    """An answer with the model's confidence: ``log_p`` of the whole answer, None where the model does not tell."""

    text: str
    log_p: float | None
    n_tokens: int

    @property
    def probability(self) -> float | None:
        """Geometric mean of the tokens' probabilities, 0 to 1."""
        return None if self.log_p is None else math.exp(self.log_p / max(self.n_tokens, 1))


def ask(
    model: ChatModel,
    questions: Sequence[str],
    passages: Sequence[Sequence[str]] | None,
    template: QuestionPrompt,
    choices: Sequence[str] = (),
) -> list[ModelAnswer]:
    """The model's answers, in order. passages: those of each question; None for closed-book answers."""
    texts = passages if passages is not None else [()] * len(questions)
    prompts = [template.prompt(question, read) for question, read in zip(questions, texts, strict=True)]
    replies = model.generate(prompts, max_new_tokens=ANSWER_TOKENS)
    return [ModelAnswer(tidied(reply.text, choices), reply.log_p, reply.n_tokens) for reply in replies]
