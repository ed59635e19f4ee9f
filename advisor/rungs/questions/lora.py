"""Fine-tuning: a LoRA adapter of the language model, trained on questions with their passages.

Retrieval answers the same validation questions, and an adapter that is not better there by more than noise is dropped
for it: a small model trained on a few dozen questions can forget how to read.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from advisor.core.wording import counted, duration, percent
from advisor.data.question_set import QuestionSet, gold_chunks
from advisor.data.search_index import index_of
from advisor.evidence.answering.answers import K, found_in, texts_of
from advisor.llm.identity import check_planned
from advisor.llm.models import load_language_model
from advisor.rungs import common as rungs_common
from advisor.rungs import stages
from advisor.rungs.context import Outcome, RunContext
from advisor.rungs.questions import common
from advisor.rungs.saved import adapter
from advisor.rungs.saved.answering import Answerer, FromPassages, Search
from advisor.rungs.saving import earlier
from advisor.rungs.trained import passes
from advisor.training.finished import fit_once
from advisor.training.problem import Problem
from advisor.training.settings import Callbacks, FitResult, Settings
from advisor.training.tokens import AnswerLogits, Example, Tokens, TokenSource
from probes.bootstrap import paired_error_of_means
from probes.qa_prompts import QuestionPrompt
from probes.reading import token_f1

if TYPE_CHECKING:
    from probes.backbones.language import LanguageModel
    from probes.retrieval.chunks import Chunk
    from probes.retrieval.index import HybridIndex

#: Shares of the time left: for answering validation questions before the training, and for training. Answering them
#: again takes about as long as before, and the rest is for the report.
ANSWERING_SHARE, TRAINING_SHARE = 0.14, 0.55
#: Small batches, since a busy machine has time for few: one step of eight questions took the validation loss of
#: realtimeqa_2026 from 2.59 to 1.60 nats a token.
LEARNING_RATE, BATCH, EPOCHS = 5e-4, 4, 3.0
#: Validation answers whose likelihood is evaluated, halfway and at the end; the answers themselves decide afterwards.
LOOKED_AT, LOOKS = 12, 2
#: The rung whose model is kept where the adapter is dropped.
FALLBACK = "rag"
#: Questions of the comparison at least: fewer decide by chance.
LEAST_COMPARED = 8


@dataclass
class Compared:
    """Token F1 of retrieval and of the tuned model on the same validation questions. Shape: before, after (n,)."""

    before: list[float] = field(default_factory=list)
    after: list[float] = field(default_factory=list)

    @property
    def better(self) -> bool:
        """Whether the adapter gains more than one standard error of the difference."""
        n = len(self.after)
        if n < LEAST_COMPARED:
            return False
        one, other = np.array(self.after), np.array(self.before[:n])
        return float(one.mean() - other.mean()) > paired_error_of_means(one, other)


def execute(context: RunContext) -> Outcome:
    """Answer by retrieval, train the adapter, answer again, and save the adapter if it is better by more than noise."""
    context.emit("Loading the language model", 0.01)
    index = index_of(context.dataset, context.stage("Cutting and embedding the documents", 0.01, 0.05))
    head = {
        **common.prompt_settings(context, with_passages=True),
        **common.search_settings(context, K),
    }
    questions, validation = common.training_questions(context), common.validation_questions(context)
    model = load_language_model(context.plan.backbone, context.device)
    check_planned(model.identity, context.plan.backbone_hash, context.plan.backbone)
    context.say(
        "Retrieval answers validation questions first: an adapter is kept only where it is better by more than noise."
    )
    compared = Compared(before=before_once(context, head, validation))
    context.say(
        f"Training an adapter on {counted(len(questions), 'question')}, each with the passages that were found for it."
    )
    result = trained(context, model, index, head, questions, validation)
    tensors = adapter.tensors_of(model.module)
    answerer = answering(adapter.merged(model, tensors), index, head)
    context.say("The tuned model answers the same validation questions.")
    compared.after = values(context, answerer, validation.only(np.arange(len(compared.before))), (0.85, 0.93), 1.0)
    if compared.better:
        common.save(context, {"type": "adapter", **head}, tensors)
    else:
        common.save(context, {"type": "passages", **head}, fallback=FALLBACK)
    return outcome(context, compared, result)


def before(context: RunContext, head: dict[str, Any], validation: QuestionSet) -> list[float]:
    """What retrieval reaches on validation questions, as many as its share of the time allows."""
    answerer = common.save(context, {"type": "passages", **head})
    return values(context, answerer, validation, (0.05, 0.2), ANSWERING_SHARE)


def before_once(context: RunContext, head: dict[str, Any], validation: QuestionSet) -> list[float]:
    """As `before`; a run that was interrupted afterwards asks none of them again."""
    stage = stages.kept(context, "retrieval")
    if stage is not None:
        return list(stage.values["values"])
    answered = before(context, head, validation)
    stages.keep(context, "retrieval", {"values": answered})
    return answered


def values(
    context: RunContext, answerer: Answerer, validation: QuestionSet, span: tuple[float, float], share: float
) -> list[float]:
    """Token F1 of each validation question that fits into this share of the time left."""
    until = time.monotonic() + share * context.seconds_left
    tell = context.stage("Answering validation questions", *span)
    answers = answerer.answer(validation.texts, tell, until, LEAST_COMPARED)
    return [token_f1(answer.text, truths) for answer, truths in zip(answers, validation.answers, strict=False)]


def answering(model: Any, index: HybridIndex, head: dict[str, Any]) -> Answerer:
    """An answerer that is not saved yet."""
    search = Search(index, int(head["k"]), float(head["threshold"]))
    method = FromPassages(model, search, QuestionPrompt(**head["prompt"]), tuple(head["choices"]))
    return Answerer({"rung": "fine-tune"}, method)


def trained(
    context: RunContext, model: LanguageModel, index: HybridIndex, head: dict[str, Any], questions: QuestionSet,
    validation: QuestionSet,
) -> FitResult:  # fmt: skip
    """Train an adapter inside `model`, in place, within its share of the time."""
    looked_at = validation.only(np.arange(min(len(validation), LOOKED_AT)))
    adapter.insert(model.module, context.plan.seed)
    problem = Problem(
        network=AnswerLogits(model.module),
        train=TokenSource(examples(model, index, head, questions), context.device),
        val=TokenSource(examples(model, index, head, looked_at), context.device),
        device=context.device,
        objective=Tokens(),
        groups=adapter.groups,
    )
    resolved = earlier(context)  # a share of the time left would be a shorter training than the interrupted one
    settings = Settings.of(resolved) if resolved else settings_of(context)
    rungs_common.save_resolved(context, {"rung": "fine-tune", "n_train": len(problem.train), **vars(settings), **head})
    return fit_once(problem, settings, callbacks_of(context, (0.2, 0.85)))


def settings_of(context: RunContext) -> Settings:
    """The recipe of the adapter, as long as its share of the time."""
    wanted = context.plan.settings.get("learning_rate")
    rate = float(wanted) if isinstance(wanted, (int, float)) else LEARNING_RATE
    base = Settings(learning_rate=rate, head_learning_rate=rate, weight_decay=0.0, batch_size=BATCH)
    return replace(
        base,
        seconds=TRAINING_SHARE * context.seconds_left,
        max_epochs=EPOCHS,
        warmup=0.1,
        label_smoothing=0.0,
        n_evaluations=LOOKS,
        first_look=False,
        patience=0,
        seed=context.plan.seed,
    )


def callbacks_of(context: RunContext, span: tuple[float, float]) -> Callbacks:
    """Numbers, stop requests and checkpoints of the run."""

    def emit(numbers: dict[str, Any]) -> None:
        share = span[0] + (span[1] - span[0]) * numbers["step"] / max(numbers["steps"], 1)
        # the fit's clock and time left are not the run's: questions are answered afterwards
        shown = {key: value for key, value in numbers.items() if key not in ("seconds", "eta_seconds")}
        context.emit("Training", share, **shown)

    return Callbacks(
        emit=emit,
        should_stop=context.should_stop,
        checkpoint=context.files.checkpoint,
        kept=context.kept,
    )


def examples(model: LanguageModel, index: HybridIndex, head: dict[str, Any], questions: QuestionSet) -> list[Example]:
    """Answered questions, each with the passages found as prompt; a missed passage that answers is put in."""
    from probes.backbones.language_prompt import read

    questions = questions.only(questions.answered)
    wording = QuestionPrompt(**head["prompt"])
    hits = index.search(questions.texts, int(head["k"]))
    gold = gold_chunks(index, questions)
    passages = [
        context_of([hit.chunk for hit in some], own, truths)
        for some, own, truths in zip(hits, gold, questions.answers, strict=True)
    ]
    prompts = [wording.prompt(text, some) for text, some in zip(questions.texts, texts_of(passages), strict=True)]
    lead = " " if (wording.begin or wording.user).endswith(":") else ""
    end = model.tokenizer.eos_token_id
    answers = model.tokenizer([lead + truths[0] for truths in questions.answers], add_special_tokens=False).input_ids
    return [
        Example(one.ids, (*ids, end))
        for one, ids in zip(read(model, prompts, model.max_tokens - 64), answers, strict=True)
    ]


def context_of(chunks: list[Chunk], own: Chunk | None, truths: tuple[str, ...]) -> list[Chunk]:
    """The passages found; the last gives way to the one that answers where none of them does."""
    if own is None or not chunks or found_in(chunks, own, truths):
        return chunks or ([own] if own is not None else [])
    return [*chunks[:-1], own]


def outcome(context: RunContext, compared: Compared, result: FitResult) -> Outcome:
    """The two values that were compared, and which was kept and why."""
    n, kept = len(compared.after), compared.better
    tuned, retrieval = float(np.mean(compared.after)), float(np.mean(compared.before[:n]))
    validation = {"value": tuned if kept else retrieval, "n": float(n), FALLBACK: retrieval, "tuned": tuned}
    sentence = (
        f"On {n:,} validation questions the tuned model reached a token F1 of {percent(tuned)}, retrieval alone "
        f"{percent(retrieval)}."
    )
    if not kept:
        sentence += " The gain is within the noise, so the language model was left as it is."
    length = (
        f"Trained {counted(result.steps, 'step')} ({passes(result.epochs)}) in {duration(result.seconds)} at "
        f"{result.items_per_second:.1f} questions a second."
    )
    dropped = "" if kept else "it was not better than retrieval by more than noise"
    return Outcome(
        "fine-tune", validation, (sentence, length), context.device, "float32", result.stopped, dropped,
        gained_nothing=not kept and not result.stopped,
    )  # fmt: skip
