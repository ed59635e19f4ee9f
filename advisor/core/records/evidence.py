"""Evidence: what the probes measured, each number with its n, its interval and its seconds."""

from __future__ import annotations

from typing import Any, ClassVar

from advisor.core.records import former
from advisor.core.records.backbones import Backbones
from advisor.core.records.base import Metric, Record
from advisor.core.records.data import Finding
from probes.measured import Measured


class ProbeResult(Record):
    """One probe's answer: what was asked, how, and the value of each metric."""

    name: str
    title: str
    backbone: str | None = None
    measured: Measured
    settings: dict[str, Any] = {}
    per_class: dict[str, float] = {}


class LabelsNeeded(Record):
    """Training labels at which a rung is expected to reach the target; `value` None: not reachable with this rung.

    ``high`` None: the upper end lies beyond what the curve can say.
    """

    target: float
    value: int | None = None
    low: int | None = None
    high: int | None = None
    sentence: str = ""


class LearningCurve(Record):
    """error(n) = a + b n^-0.5 of the frozen rung. ``points``: the metric measured with ``sizes`` training items.

    ``band``: rows (n, value, low, high) of the expected metric at level 0.80, to `furthest` items and no further.
    """

    a: float
    b: float
    sizes: tuple[int, ...]
    points: tuple[Measured, ...]
    band: tuple[tuple[int, float, float, float], ...]
    furthest: int
    seconds: float


class Layer(Record):
    """A linear probe at one layer: ``name`` of the block, ``position`` 0 (input) to 1 (output), features ``dim``."""

    name: str
    position: float
    dim: int
    measured: Measured


class Layers(Record):
    """Which layers transfer: every layer (``depths``) from the input to the output, and the best place to cut.

    ``best``: the earliest layer within one standard error of ``top``, the one with the highest value.
    """

    depths: tuple[Layer, ...]
    best: str
    top: str = ""
    sentence: str
    seconds: float


class Stage(Record):
    """How far from the pre-training data one part of the network finds these: measured, and as percentile, 0 to 100."""

    name: str
    value: float
    percentile: float


class Domain(Record):
    """The distance from the pre-training data: per stage, as percentiles among the reference sets in `data/`.

    ``nearest``: the reference sets most alike, nearest first. ``references``: name and overall percentile of each, for
    the picture. ``trust``: how well the percentile predicts the gain from fine-tuning (rank correlation).
    """

    stages: tuple[Stage, ...]
    percentile: float
    nearest: tuple[str, ...]
    references: tuple[tuple[str, float], ...] = ()
    sentence: str
    trust: Measured | None = None
    n: int
    seconds: float


class TransferScore(Record):
    """A transferability score: evidence, never a decision. ``better``: "higher" or "lower" values promise more."""

    name: str
    title: str
    value: float
    better: str = "higher"
    meaning: str
    weakness: str
    seconds: float = 0.0


class StageTime(Record):
    """Seconds of one stage (`advisor.core.stages.TITLES`): by the clock, and of the processor in all threads.

    ``beside_seconds``: what other threads did for it while another stage ran, which took no time of its own.
    """

    stage: str
    seconds: float
    processor_seconds: float = 0.0
    beside_seconds: float = 0.0


class Evidence(Record):
    """What the probes measured on the training part, each with n, an interval and its seconds.

    ``n_train``: items of the training part; ``n_sample``: how many of them the probes were to look at.
    ``findings``: what is wrong with labels and items; one row per item lies beside it (`advisor.evidence.issues`).
    ``backbones``: the comparison that chose the backbone; None where the user named it or there was nothing to compare.
    ``timings``: where the time of the whole measurement went, the comparison included; none in older evidence.
    ``seconds``: of the probes and instruments alone; `took` says what the measuring took.
    """

    schema_version: int = 2
    fingerprint: str
    metric: Metric
    backbone: str
    backbone_hash: str
    device: str
    device_reason: str
    input_size: int
    n_train: int
    n_sample: int = 0
    n_test: int
    n_test_per_class: tuple[int, ...]
    results: tuple[ProbeResult, ...]
    curve: LearningCurve | None = None
    depths: Layers | None = None
    domain: Domain | None = None
    scores: tuple[TransferScore, ...] = ()
    findings: tuple[Finding, ...] = ()
    backbones: Backbones | None = None
    notes: tuple[str, ...] = ()
    timings: tuple[StageTime, ...] = ()
    seconds: float

    SCHEMA: ClassVar[int] = 2

    @property
    def took(self) -> float:
        """Seconds of the whole measurement, the sum of where its time went; of the probes alone in older evidence."""
        return sum(time.seconds for time in self.timings) if self.timings else self.seconds

    @property
    def best(self) -> ProbeResult | None:
        """The probe with the highest value, of equals the one that was measured first, which is the simpler one."""
        return max(self.results, key=lambda result: result.measured.value, default=None)

    @classmethod
    def upgraded(cls, content: dict[str, Any]) -> dict[str, Any]:
        """With ``mostly_hard`` in the findings."""
        return former.with_mostly_hard(content)

    def result(self, name: str) -> ProbeResult | None:
        """The probe result called `name`, or None when it was not run."""
        return next((r for r in self.results if r.name == name), None)
