"""What is measured on texts alone: words by themselves, prompts, properties that may be shortcuts, distance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from advisor.core.records import Dataset, Domain, ProbeResult
from advisor.evidence.domain_texts import measure_domain, missing_note
from advisor.evidence.feature_probes import result
from advisor.evidence.prompts import measure_prompts
from advisor.evidence.sample import Sample
from probes.progress import Progress
from probes.timings import stage

if TYPE_CHECKING:
    from advisor.data.features import Backbone
    from probes.device import Calibration

#: Share of the budget for TF-IDF.
TFIDF_SHARE = 0.1
#: Texts that the device is timed with.
N_TIMED = 64


class TextProbes:
    """`advisor.evidence.modality_probes.ModalityProbes` of texts."""

    takes_prompts = True
    domain_beside = False  # it asks the language model, which prompts ask too

    def texts_to_time(self, dataset: Dataset) -> list[str]:
        """Every so many of the training part: texts are as long as they are."""
        train = dataset.where("train", "val")
        texts: list[str] = dataset.items["text"].iloc[train[:: max(1, len(train) // N_TIMED)][:N_TIMED]].tolist()
        return texts

    def properties(self, dataset: Dataset, rows: np.ndarray) -> Mapping[str, Mapping[str, np.ndarray]]:
        """Length, first and last words, signs and the like."""
        from probes.text_properties import text_properties

        return text_properties(dataset.items["text"].iloc[rows].astype(str).tolist())

    def baselines(
        self, dataset: Dataset, sample: Sample, budget_seconds: float, progress: Progress
    ) -> list[ProbeResult]:
        """TF-IDF with a linear model."""
        progress("Training TF-IDF with a linear model", 0.52)
        return [tfidf(dataset, sample, TFIDF_SHARE * budget_seconds)]

    @stage("prompts")
    def prompts(
        self, dataset: Dataset, backbone: Backbone, sample: Sample, seconds: float, progress: Progress
    ) -> tuple[list[ProbeResult], str | None]:
        """Three prompts of the default language model."""
        return measure_prompts(dataset, backbone, sample, seconds, progress)

    @stage("domain")
    def domain(
        self, dataset: Dataset, backbone: Backbone, rows: np.ndarray, calibration: Calibration, progress: Progress
    ) -> tuple[Domain | None, str | None]:
        """The distance from the prose that the default language model predicts, whatever the backbone."""
        domain = measure_domain(dataset, rows, progress)
        return domain, missing_note() if domain is None else None


TEXT_PROBES = TextProbes()


@stage("tfidf")
def tfidf(dataset: Dataset, sample: Sample, seconds_limit: float) -> ProbeResult:
    """TF-IDF with a linear model: the honest cheap baseline for texts."""
    from probes import baselines

    texts = dataset.items["text"].iloc[sample.rows].tolist()
    probe = baselines.tfidf(
        texts,
        sample.labels,
        dataset.metric,
        sample.groups,
        seconds_limit=seconds_limit,
        n_classes=len(dataset.classes),
    )
    title = "TF-IDF with a linear model"
    return result(dataset, sample, "tfidf", title, probe.measured, probe.predicted, n_fit=probe.n_fit)
