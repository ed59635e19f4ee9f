"""Questions put to a language model: by heart, or with passages before them; and its answers made plain.

Prompts are short, since a model of 135 million parameters loses itself in long ones.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from probes.chat import ChatModel, Prompt
from probes.reading import normalised

#: Answers are a few words: the longest that is asked for, in tokens.
ANSWER_TOKENS = 24
#: So few different answers in all the training questions are a choice: yes, no, maybe.
MOST_CHOICES = 6
_LEAD = re.compile(r"^(the answer is|answer|a)\s*:?\s+", re.IGNORECASE)


@dataclass(frozen=True)
class Wording:
    """How a question is put.

    ``user`` or ``begin`` holds ``{question}`` and, where the model is given text, ``{passages}``. A wording that is
    only a beginning is text to go on with, outside a chat.
    """

    system: str
    user: str
    begin: str = ""

    def prompt(self, question: str, passages: Sequence[str] = ()) -> Prompt:
        """The prompt for one question; `passages` stand in the order given."""
        text = "\n\n".join(passages)
        user, begin = (
            part.replace("{passages}", text).replace("{question}", question) for part in (self.user, self.begin)
        )
        return Prompt(self.system, user, begin)


#: Plain text with one example, since the chat template makes a small model talk: on the passage that answers, SmolLM2
#: reached a token F1 of 0.22 so and 0.16 with the template on 28 questions of xquad_en (`docs/questions.md`).
BY_HEART = Wording("", "", "Question: Where was Marie Curie born?\nAnswer: Warsaw\n\nQuestion: {question}\nAnswer:")
FROM_TEXT = Wording(
    "",
    "",
    "Text: Marie Curie was born in Warsaw in 1867. She won two Nobel Prizes.\nQuestion: Where was Marie Curie born?\n"
    "Answer: Warsaw\n\nText: {passages}\nQuestion: {question}\nAnswer:",
)


def choices_among(answers: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """The few answers that all questions choose from, the commonest first; none where answers are free.

    >>> choices_among([["yes"], ["no"], ["yes"]] * 10)
    ('yes', 'no')
    """
    counted = Counter(normalised(truth) for truths in answers for truth in truths[:1])
    few = 0 < len(counted) <= MOST_CHOICES and sum(counted.values()) >= 5 * len(counted)
    return tuple(name for name, _ in counted.most_common()) if few else ()


def wording(with_passages: bool, choices: Sequence[str] = ()) -> Wording:
    """The usual wording; where answers are choices, it names them."""
    usual = FROM_TEXT if with_passages else BY_HEART
    if not choices:
        return usual
    listed = " or ".join([", ".join(choices[:-1]), choices[-1]] if len(choices) > 1 else choices)
    given = "Text: {passages}\n\n" if with_passages else ""
    return Wording(f"Answer the question with {listed}.", f"{given}Question: {{question}} Answer {listed}.")


def tidied(reply: str, choices: Sequence[str] = ()) -> str:
    """The answer itself: no "The answer is", no quotes, no full stop; one of the choices where it begins with it.

    >>> tidied('The answer is "Warsaw".'), tidied("Yes, they do.", ("yes", "no"))
    ('Warsaw', 'yes')
    """
    text = _LEAD.sub("", reply.strip()).strip().strip("\"'“”").removesuffix(".").strip("\"'“” ")
    said = normalised(text)
    begun = [choice for choice in choices if said == choice or said.startswith(f"{choice} ")]
    return begun[0] if begun else text


def grounding(answer: str, passages: Sequence[str]) -> float:
    """Share of the answer's words that stand in the passages; 1.0 for an answer without words.

    >>> grounding("In Warsaw, 1867", ["Marie Curie was born in Warsaw."])
    0.6666666666666666
    """
    words = normalised(answer).split()
    there = set(normalised(" ".join(passages)).split())
    return sum(word in there for word in words) / len(words) if words else 1.0


@dataclass(frozen=True)
class Said:
    """An answer and how sure the model was of it: ``log_p`` of the whole answer, None where it does not tell."""

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
    put: Wording,
    choices: Sequence[str] = (),
) -> list[Said]:
    """The model's answers, in order; with ``passages`` each question comes with its own."""
    given = passages if passages is not None else [()] * len(questions)
    prompts = [put.prompt(question, some) for question, some in zip(questions, given, strict=True)]
    replies = model.generate(prompts, max_new_tokens=ANSWER_TOKENS)
    return [Said(tidied(reply.text, choices), reply.log_p, reply.n_tokens) for reply in replies]
