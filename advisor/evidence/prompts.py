"""What a language model reaches by prompts alone: zero-shot, few-shot, and with each text's nearest examples.

It is asked on a stratified part of the probes' sample, small enough for the minute; the examples in the prompts come
from the train part and are not scored. The value is that of the calibrated likelihoods; that of the raw ones stands
beside it. With nearest examples the likelihoods stay as they are: those examples' labels say what the text's
neighbourhood holds, and the content-free inputs would divide just that out.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from advisor.core.records import Dataset, ProbeResult
from advisor.evidence.feature_probes import class_name_answers, result
from advisor.evidence.sample import Sample
from advisor.llm.asking import NEAREST, NEAREST_ASKED, SHOTS, PromptSetup, ShownExample, class_words, shown_rows
from probes.progress import Progress, silent

if TYPE_CHECKING:
    from advisor.data.features import Backbone
    from advisor.llm.prompt_cache import CachedChatModel
    from probes.prompting import Scores

#: Items scored between two looks at the clock, and the fewest that say anything.
STEP, LEAST = 8, 24
#: Seconds below which no model is loaded at all: a third of them would be gone before the first answer.
LEAST_SECONDS = 6.0
#: A prompt that has not scored `LEAST` items in this many times its seconds is given up.
OVERTIME = 2.0
#: With more items the interval would hardly be narrower.
MOST = 400
#: Names of the results, and each one's share of the time.
ZERO, FEW, NEAR, OWN = "prompt-zero", "prompt-few", "prompt-nearest", "prompt-own"
SHARES = {ZERO: 0.25, FEW: 0.3, NEAR: 0.45}
TITLES = {
    ZERO: "Language model, zero-shot prompt",
    FEW: "Language model, few-shot prompt",
    NEAR: "Language model with the nearest examples in its prompt",
    OWN: "Language model, your prompt",
}


def measure_prompts(
    dataset: Dataset, backbone: Backbone, sample: Sample, seconds: float, progress: Progress = silent
) -> tuple[list[ProbeResult], str | None]:
    """The three prompts of the default model within about `seconds`; also what could not be measured, in a sentence."""
    from advisor.llm.models import chat_model, missing
    from probes import device
    from probes.errors import BackboneError
    from probes.prompting import ZERO_SHOT

    note = missing()
    if note is not None:
        return [], f"Prompting a language model was not measured. {note}"
    if seconds < LEAST_SECONDS:
        return [], (
            f"Prompting a language model was not measured: the budget leaves {seconds:.1f} s for it, and it takes at "
            f"least {LEAST_SECONDS:.0f} s. Give a longer budget."
        )
    started = time.monotonic()
    progress("Loading the language model", 0.0)
    try:
        model = chat_model(device=device.pick(), progress=progress)
    except BackboneError as error:
        return [], f"Prompting a language model was not measured. {error}"
    left = max(2.0, seconds - (time.monotonic() - started))
    prompted = PromptedSample.of(dataset, sample, model, None, ZERO_SHOT, unprompted(dataset, backbone, sample))
    results, done = [], 0.0
    for name, share in SHARES.items():
        progress(f"Asking {model.name}: {TITLES[name].split(',')[-1].strip()}", done)
        if (answer := prompted.measure(name, share * left)) is not None:
            results.append(answer)
        done += share
    late = [TITLES[name] for name in SHARES if name not in {answer.name for answer in results}]
    return results, f"Not measured, for lack of time or of texts: {'; '.join(late)}." if late else None


@dataclass(frozen=True)
class PromptedSample:
    """A dataset's sample put to a model. Shape: order (m,) positions in the sample, without those of the examples.

    ``unprompted``: as the function of that name gives it.
    """

    dataset: Dataset
    sample: Sample
    model: CachedChatModel
    name: str | None
    template: str
    examples: np.ndarray
    order: np.ndarray
    unprompted: dict[str, np.ndarray]

    @classmethod
    def of(
        cls,
        dataset: Dataset,
        sample: Sample,
        model: CachedChatModel,
        name: str | None,
        template: str,
        unprompted: dict[str, np.ndarray],
        shots: int = SHOTS,
    ) -> PromptedSample:
        """Choose the examples, and the order in which the others are asked: classes spread evenly."""
        from probes.folds import spread_order
        from probes.prompting import balanced_examples

        parts = dataset.items["part"].to_numpy()[sample.rows]
        train = np.flatnonzero(parts == "train")
        chosen = train[balanced_examples(sample.labels[train], len(dataset.classes), shots)]
        apart = np.flatnonzero(~np.isin(sample.groups, sample.groups[chosen]))
        order = apart[spread_order(sample.labels[apart])][:MOST]
        return cls(dataset, sample, model, name, template, chosen, order, unprompted)

    def measure(self, what: str, seconds: float, shots: bool = True) -> ProbeResult | None:
        """One prompt on as many items as the seconds allow; None where there are too few texts or seconds."""
        if len(self.order) < min(LEAST, 8):
            return None
        shown = shown_rows(self.dataset, self.model, self.sample.rows[self.examples])
        with_examples = what == FEW or (what == OWN and shots)
        ask = PromptSetup(
            self.name,
            self.template,
            class_words(self.dataset),
            examples=shown if with_examples else (),
            nearest=NEAREST if what == NEAR else 0,
            calibrate=what != NEAR,
        )
        near = self._nearest() if what == NEAR else None
        texts = self.dataset.items["text"].iloc[self.sample.rows].tolist()

        def score(positions: np.ndarray) -> Scores:
            own = [near(p) for p in positions] if near is not None else None
            return ask.scores(self.model, [texts[p] for p in positions], own)

        return self._result(what, ask, score, seconds)

    def _result(
        self, what: str, ask: PromptSetup, score: Callable[[np.ndarray], Scores], seconds: float
    ) -> ProbeResult | None:
        from probes.interval import measured_score
        from probes.interval import score as value_of
        from probes.prompting import bias_of, log_shares

        started, done = time.monotonic(), 0
        raw: list[np.ndarray] = []
        fair: list[np.ndarray] = []
        while done < len(self.order) and (done < LEAST or time.monotonic() - started < seconds):
            scores = score(self.order[done : done + STEP])
            raw.append(scores.raw)
            fair.append(scores.calibrated)
            done += len(scores.raw)
            if done < LEAST and what != OWN and time.monotonic() - started > OVERTIME * seconds:
                return None
        took, n_classes = time.monotonic() - started, len(self.dataset.classes)
        positions = self.order[:done]
        part = self.sample.part(positions)
        log_p, content_free = np.concatenate(raw), np.concatenate(fair)
        if ask.calibrate:
            ask = replace(ask, bias=tuple(bias_of(log_p).tolist()))
        predicted = (log_shares(log_p - np.array(ask.bias)) if ask.calibrate else log_p).argmax(1)
        metric = self.dataset.metric
        gain: dict[str, Any] = self._gain(what, positions, predicted)
        return result(
            self.dataset,
            part,
            what,
            TITLES[what],
            measured_score(metric, part.labels, predicted, n_classes, took),
            predicted,
            method=f"{self.model.name} asked {_how(ask)}",
            language_model=self.model.name,
            identity=self.model.identity,
            ask=ask.as_dict(),
            raw=value_of(metric, part.labels, log_p.argmax(1), n_classes),
            content_free=value_of(metric, part.labels, content_free.argmax(1), n_classes),
            seconds_per_item=took / done,
            n_fit=len(self.sample.rows) if what == NEAR else done,
            prompt=ask.prompt_of("..."),
            **gain,
        )

    def _gain(self, what: str, positions: np.ndarray, predicted: np.ndarray) -> dict[str, float]:
        """The gain over what needs no language model on the same items, with its standard error."""
        from probes.interval import paired_error, score

        other = self.unprompted["knn" if what == NEAR else "zero-shot"][positions]
        metric, truth, n_classes = self.dataset.metric, self.sample.labels[positions], len(self.dataset.classes)
        gain = score(metric, truth, predicted, n_classes) - score(metric, truth, other, n_classes)
        return {"gain": gain, "gain_error": paired_error(metric, truth, predicted, other, n_classes)}

    def _nearest(self) -> Callable[[int], tuple[ShownExample, ...]]:
        """A function from a position to its nearest examples of other groups, the nearest first."""
        near, closeness = (one[:, :NEAREST_ASKED] for one in self.sample.near)
        wanted = np.unique(near[self.order])
        shown = dict(zip(wanted.tolist(), shown_rows(self.dataset, self.model, self.sample.rows[wanted]), strict=True))

        def of(position: int) -> tuple[ShownExample, ...]:
            there = near[position][np.isfinite(closeness[position])]
            return tuple(shown[int(p)] for p in there)

        return of


def unprompted(dataset: Dataset, backbone: Backbone, sample: Sample) -> dict[str, np.ndarray]:
    """What class names alone and the vote of the nearest examples answer, by the name of the result. Shape: (n,)."""
    from probes.neighbours import knn

    vote = knn(
        sample.features, sample.labels, dataset.metric, sample.groups, n_classes=len(dataset.classes), near=sample.near
    )
    return {"zero-shot": class_name_answers(dataset, backbone, sample)[0], "knn": vote.predicted}


def worth_it(prompted: ProbeResult | None) -> bool:
    """Whether a prompt beats what needs no language model by more than the standard error of the difference."""
    return prompted is not None and prompted.settings["gain"] > prompted.settings["gain_error"]


def _how(ask: PromptSetup) -> str:
    if ask.nearest:
        return f"with the {ask.nearest} nearest labelled examples in its prompt"
    return f"few-shot, {len(ask.examples)} examples in its prompt" if ask.examples else "zero-shot"


def settings_of(prompted: ProbeResult) -> dict[str, Any]:
    """What a plan needs to ask this way."""
    if "clip" in prompted.settings:
        return {"by": "clip", **{name: prompted.settings[name] for name in ("clip", "seconds_per_item", "method")}}
    kept = ("ask", "identity", "language_model", "method", "seconds_per_item")
    return {"by": "language model", **{name: prompted.settings[name] for name in kept}}
