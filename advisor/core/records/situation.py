"""What the probes measured before any training, as numbers: the outcome model's input, one row of LadderBench."""

from __future__ import annotations

from advisor.core.records.base import Kind, Metric, Record


class Situation(Record):
    """A dataset as the probes measured it; None where a probe was not run.

    Values of the metric are shares (0 to 1). ``n_labels``: labelled items of training and validation part together.
    ``n_fit``: items the linear probe's folds were fitted on. ``curve_a``, ``curve_b``: error(n) = a + b n^-0.5.
    ``depth_top``: the best layer's value, at ``depth_position`` (0 input to 1 output). ``domain``: percentiles, 0 to
    100. ``tuned_speed``, ``fresh_speed``: training items a second through fine-tuning and through the small network of
    scratch. ``asked_*``: a language model's prompt where it beat the rung's cheaper way.
    """

    kind: Kind
    metric: Metric
    n_classes: int
    n_labels: int
    n_test: int
    input_size: int
    n_sample: int
    n_fit: int | None = None
    seconds_per_item: float | None = None
    majority: float | None = None
    zero_shot: float | None = None
    asked_prompting: float | None = None
    knn: float | None = None
    asked_rag: float | None = None
    linear: float | None = None
    linear_low: float | None = None
    linear_high: float | None = None
    joined: float | None = None
    tfidf: float | None = None
    curve_a: float | None = None
    curve_b: float | None = None
    depth_first: float | None = None
    depth_top: float | None = None
    depth_position: float | None = None
    domain: float | None = None
    domain_early: float | None = None
    domain_middle: float | None = None
    domain_late: float | None = None
    logme: float | None = None
    h_score: float | None = None
    gbc: float | None = None
    leep: float | None = None
    tuned_speed: float | None = None
    fresh_speed: float | None = None
    closed_book: float | None = None
    retrieved: float | None = None
    gold_passage: float | None = None
    reader: float | None = None
    kept_share: float | None = None
    type_names: float | None = None
    word_memory: float | None = None
    word_head: float | None = None
    random_field: float | None = None
    probe_seconds: float = 0.0
    probe_cpu_seconds: float = 0.0
    steps_seconds: float = 0.0
    steps_cpu_seconds: float = 0.0
