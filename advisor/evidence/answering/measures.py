"""Evidence on questions over documents: what the language model knows, what the search finds, and what is read from it.

Three things may be missing where answers are wrong: knowledge (closed-book answers are far below those from the passage
that answers), search (the passage is not found) or skill (even that passage is misread). Each is measured on the same
training and validation questions within the budget, so that the rungs above can be judged.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np

from advisor.core.records import Dataset, Evidence, ProbeResult
from advisor.data.question_set import questions_of, spread_rows
from advisor.data.search_index import index_of
from advisor.evidence.answering.answers import K, ask_in_rounds, results
from advisor.evidence.answering.reader import reader
from advisor.evidence.answering.retrieval import retrieval, threshold
from advisor.evidence.answering.wording import notes
from advisor.evidence.probed import Keep, forget
from advisor.llm.models import chat_model, entry_of, identities
from probes import qa_prompts
from probes.progress import Progress, within
from probes.timings import stage

if TYPE_CHECKING:
    from advisor.data.features import Load
    from probes.chat import ChatModel
    from probes.support import Threshold

#: Questions for the search alone, which costs milliseconds each.
SEARCHED = 400
#: Shares of the budget.
ASKING_SHARE, READER_SHARE = 0.6, 0.25


#: Weights of the default language model, for one that does not tell its size.
PARAMETERS = 135e6
CHARACTERS_PER_TOKEN = 4


@dataclass(frozen=True)
class ProbedLanguageModel:
    """A language model as `advisor.evidence.probed.ProbedModel`; ``name`` as `chat_model` takes it."""

    name: str
    identities: tuple[str, ...]

    @classmethod
    def of(cls, dataset: Dataset, name: str | None, load: Load | None = None) -> ProbedLanguageModel:
        """The language model called `name`, or the default. Raises BackboneError, EndpointError."""
        known = name if name is not None else entry_of(None).name
        return cls(known, identities(known))

    def digest(self, identity: str) -> str:
        """A hash: an identity holds more than the weights."""
        return hashlib.sha256(identity.encode()).hexdigest()

    def glance(self, dataset: Dataset, keep: Keep) -> None:
        """A language model's first answers take as long as all of them."""

    def measure(self, dataset: Dataset, budget_seconds: float, progress: Progress, keep: Keep = forget) -> Evidence:
        """Raises BackboneError, EndpointError."""
        return measure(dataset, chat_model(self.name, progress=progress), self.name, budget_seconds, progress, keep)


def measure(
    dataset: Dataset,
    model: ChatModel,
    model_name: str,
    budget_seconds: float,
    progress: Progress,
    keep: Keep = forget,
) -> Evidence:
    """Measure the search, answers closed-book and from passages, and the extractive reader, within about the budget."""
    started = time.monotonic()
    with stage("search"):
        index = index_of(dataset, within(progress, 0.0, 0.1))
    rows = spread_rows(dataset, dataset.where("train", "val"))
    n_test = len(dataset.where("test"))

    def so_far(probes: Sequence[ProbeResult], n_sample: int = 0, speed: str = "", *notes: str) -> Evidence:
        return Evidence(
            fingerprint=dataset.fingerprint,
            metric=dataset.metric,
            backbone=model_name,
            backbone_hash=model.identity,
            device="cpu",
            device_reason=speed,
            input_size=0,
            n_train=len(rows),
            n_sample=n_sample,
            n_test=n_test,
            n_test_per_class=(n_test,),
            results=tuple(probes),
            notes=notes,
            seconds=time.monotonic() - started,
        )

    questions = questions_of(dataset, rows)
    progress("Searching the documents for training questions", 0.12)
    searched = questions.only(np.arange(min(len(questions), SEARCHED)))
    with stage("search"):
        limit = threshold(index, searched)
        found = retrieval(index, searched, asdict(limit))
    search = [] if found is None else [found]
    keep(so_far(search))
    choices = qa_prompts.choices_among(questions.answers)
    seconds = ASKING_SHARE * max(5.0, budget_seconds - (time.monotonic() - started))
    with stage("answers"):
        asked = ask_in_rounds(model, index, questions, K, choices, seconds, within(progress, 0.15, 0.65))
    probes = with_scale(results(model, asked, K, choices), model, dataset)
    if found is None:  # it is kept with the search otherwise
        probes = [with_threshold(probe, limit) for probe in probes]
    keep(so_far([*probes, *search], len(asked.questions), speed_in_words(model, probes)))
    progress("Training a reader on the passages that answer", 0.66)
    with stage("reader"):
        extractive = reader(index, questions, asked, READER_SHARE * budget_seconds)
    probes += [*([extractive] if extractive else []), *search]
    sentences = notes(probes, limit, choices)
    return so_far(probes, len(asked.questions), speed_in_words(model, probes), *sentences)


def with_threshold(probe: ProbeResult, limit: Threshold) -> ProbeResult:
    """The answers from passages with the threshold below which nothing supports one; other results as they are."""
    if probe.name != "retrieved":
        return probe
    return probe.model_copy(update={"settings": {**probe.settings, "threshold": asdict(limit)}})


def speed_in_words(model: ChatModel, probes: list[ProbeResult]) -> str:
    """How long a question takes here, in a sentence."""
    probe = next(probe for probe in probes if probe.name == "retrieved")
    return f"{model.name} takes {probe.settings['seconds_per_question']:.1f} s for a question with its passage here."


def with_scale(probes: list[ProbeResult], model: ChatModel, dataset: Dataset) -> list[ProbeResult]:
    """The results, the first with what the cost of training from scratch depends on: model, documents and device."""
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
