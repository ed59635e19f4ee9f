"""Evidence on a "qa" dataset: what the language model knows by heart, what is found, and what is read from it.

Context: when answers are wrong, three things may be missing: knowledge (by heart is far below the passage that
answers), search (the passage is not found) or skill (even with the passage that answers it is misread). Each is
measured on the same training and validation questions within the budget, so that the rungs above can be judged.
"""

from __future__ import annotations

import hashlib
import time
from dataclasses import asdict
from typing import TYPE_CHECKING

import numpy as np

from advisor.core.records import Dataset, Evidence, ProbeResult
from advisor.data.question_set import questions_of, spread_rows
from advisor.data.search_index import index_of
from advisor.evidence.answering.answers import K, answers, results
from advisor.evidence.answering.reader import reader
from advisor.evidence.answering.retrieval import retrieval, threshold
from advisor.evidence.answering.wording import notes
from advisor.evidence.under import Under
from advisor.llm.models import chat_model, entry_of, identities
from probes import qa_prompts
from probes.progress import Progress

if TYPE_CHECKING:
    from probes.chat import ChatModel

#: Questions for the search alone, which costs milliseconds each.
SEARCHED = 400
#: Shares of the budget.
ASKING_SHARE, READER_SHARE = 0.6, 0.25


#: A language model's size where it does not tell: that of the default.
PARAMETERS = 135e6
CHARACTERS_PER_TOKEN = 4


def asker(name: str | None) -> Under:
    """The language model whose answers are measured, None being the default; it is loaded when it measures.

    Raises BackboneError, EndpointError.
    """
    known = name if name is not None else entry_of(None).name

    def measure(dataset: Dataset, budget_seconds: float, progress: Progress) -> Evidence:
        return measure_questions(dataset, chat_model(known, progress=progress), known, budget_seconds, progress)

    return Under(known, identities(known), lambda identity: hashlib.sha256(identity.encode()).hexdigest(), measure)


def measure_questions(
    dataset: Dataset, model: ChatModel, model_name: str, budget_seconds: float, progress: Progress
) -> Evidence:
    """Measure search, answers by heart and from passages, and the extractive reader, within about the budget."""
    started = time.monotonic()
    index = index_of(dataset, lambda sentence, share: progress(sentence, 0.1 * share))
    rows = spread_rows(dataset, dataset.where("train", "val"))
    asked = questions_of(dataset, rows)
    progress("Searching the documents for training questions", 0.12)
    searched = asked.only(np.arange(min(len(asked), SEARCHED)))
    limit = threshold(index, searched)
    found = retrieval(index, searched, asdict(limit))
    choices = qa_prompts.choices_among(asked.answers)
    seconds = ASKING_SHARE * max(5.0, budget_seconds - (time.monotonic() - started))
    given = answers(model, index, asked, K, choices, seconds, lambda said, share: progress(said, 0.15 + 0.5 * share))
    probes = with_scale(results(model, given, K, choices), model, dataset)
    progress("Training a reader on the passages that answer", 0.66)
    read = reader(index, asked, given, READER_SHARE * budget_seconds)
    probes += [*([read] if read else []), found]
    n_test = len(dataset.where("test"))
    return Evidence(
        fingerprint=dataset.fingerprint,
        metric=dataset.metric,
        backbone=model_name,
        backbone_hash=model.identity,
        device="cpu",
        device_reason=spoken_speed(model, probes),
        input_size=0,
        n_train=len(rows),
        n_sample=len(given.questions),
        n_test=n_test,
        n_test_per_class=(n_test,),
        results=tuple(probes),
        notes=notes(probes, limit, choices),
        seconds=time.monotonic() - started,
    )


def spoken_speed(model: ChatModel, probes: list[ProbeResult]) -> str:
    """How long a question takes here."""
    probe = next(probe for probe in probes if probe.name == "retrieved")
    return f"{model.name} takes {probe.settings['seconds_per_question']:.1f} s for a question with its passage here."


def with_scale(probes: list[ProbeResult], model: ChatModel, dataset: Dataset) -> list[ProbeResult]:
    """The first result with what the arithmetic of training from scratch needs of model, documents and device."""
    scale = {
        "parameters": n_parameters(model),
        "document_tokens": int(dataset.documents["text"].str.len().sum()) // CHARACTERS_PER_TOKEN,
        "flops_per_second": operations_per_second(),
    }
    return [probes[0].model_copy(update={"settings": {**probes[0].settings, **scale}}), *probes[1:]]


def n_parameters(model: ChatModel) -> float:
    """The weights of a local model; behind an endpoint, those of the default."""
    module = getattr(getattr(model, "model", model), "module", None)
    return float(sum(p.numel() for p in module.parameters())) if module is not None else PARAMETERS


def operations_per_second(size: int = 1024) -> float:
    """Floating-point operations a second of this processor in float32: the best of five products of two matrices."""
    import torch

    with torch.random.fork_rng(devices=[]):
        matrix = torch.rand(size, size)
    seconds = []
    for _ in range(5):
        started = time.perf_counter()
        float((matrix @ matrix)[0, 0])
        seconds.append(time.perf_counter() - started)
    return 2 * size**3 / min(seconds)
