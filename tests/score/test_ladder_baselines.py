"""The baselines: what each rule answers, and that what is fitted is fitted on other datasets."""

from __future__ import annotations

from typing import Any

import pytest

from advisor.advice.outlook.experience import Experience
from advisor.core.ladder import RUNG_NAMES
from advisor.core.records import Goal, Situation
from advisor.score.baselines import (  # fmt: skip
    BASELINES,
    at_random,
    by_size_and_similarity,
    by_table,
    cs231n,
    halving,
    logme,
    newsletter,
    probes_only,
    short_race,
    static_ranking,
    trying_everything,
)
from advisor.score.choice import Choice, Learner
from tests.score.ladder_tables import known, made

NOBODY = Experience(())


def answer(learner: Learner, past: Experience = NOBODY, **task: Any) -> Choice:
    values = task.pop("values", (0.3, 0.6, 0.8, 0.9, 0.5))
    (case,) = known(made("new", *values, **task)).tasks
    return learner(past)(case, Goal())


def situation(n_labels: int, **seen: Any) -> Situation:
    (case,) = known(made("new", 0.3, 0.6, 0.8, 0.9, 0.5, **(seen | {"n_labels": n_labels}))).tasks
    return case.situation


def test_every_rung_has_its_constant() -> None:
    rules = dict(BASELINES)
    assert [answer(rules[f"always {rung}"]).rung for rung in RUNG_NAMES] == list(RUNG_NAMES)


def test_a_random_rung_is_one_of_those_that_can_be_carried_out() -> None:
    assert answer(at_random, values=(0.3, 0.6, 0.8, 0.9, None)).shares == dict.fromkeys(RUNG_NAMES[:4], 0.25)


@pytest.mark.parametrize(
    ("n", "rung"),
    [(50, "prompting"), (100, "frozen"), (1999, "frozen"), (2000, "fine-tune"), (50_000, "scratch")],
)
def test_the_newsletters_table_goes_by_labels(n: int, rung: str) -> None:
    assert by_table(situation(n)) == rung


def test_the_course_rule_knows_small_and_large() -> None:
    assert by_size_and_similarity(situation(1000, domain=5.0)) == "frozen"
    assert by_size_and_similarity(situation(1001, domain=5.0)) == "fine-tune"
    assert by_size_and_similarity(situation(1001, domain=95.0)) == "fine-tune"


@pytest.mark.parametrize("rule", [newsletter, cs231n, logme])
@pytest.mark.parametrize("n_labels", [20, 60_000])
def test_a_rule_for_classes_answers_retrieval_where_questions_are_asked(rule: Learner, n_labels: int) -> None:
    assert answer(rule, kind="qa", n_labels=n_labels).rung == "rag"


def test_logme_takes_the_threshold_that_names_most_ideal_rungs_elsewhere() -> None:
    past = known(
        made("a", 0.1, 0.1, 0.9, 0.9, 0.1, logme=0.8), made("b", 0.1, 0.1, 0.8, 0.8, 0.1, logme=0.6),
        made("c", 0.1, 0.1, 0.5, 0.9, 0.1, logme=0.2), made("d", 0.1, 0.1, 0.4, 0.8, 0.1, logme=0.0),
    )  # fmt: skip
    assert answer(logme, past, logme=0.41).rung == "frozen"
    assert answer(logme, past, logme=0.39).rung == "fine-tune"


def test_only_probes_are_compared_and_a_point_is_no_reason_to_climb() -> None:
    assert answer(probes_only, zero_shot=0.4, knn=0.795, linear=0.80).rung == "rag"
    assert answer(probes_only, zero_shot=0.4, knn=0.78, linear=0.75, joined=0.80).rung == "frozen"
    assert answer(probes_only, kind="qa", closed_book=0.2, retrieved=0.5, reader=0.3).rung == "rag"


def test_the_static_ranking_counts_ideal_rungs_of_the_same_kind() -> None:
    tuned = [made(name, 0.1, 0.1, 0.5, 0.9, 0.1) for name in "ab"]
    words = [made(name, 0.1, 0.1, 0.9, 0.9, 0.1, kind="text") for name in "cde"]
    past = known(*tuned, *words)
    assert answer(static_ranking, past).rung == "fine-tune"
    assert answer(static_ranking, past, kind="text").rung == "frozen"
    assert answer(static_ranking, past, values=(0.3, 0.6, 0.8, None, None)).rung == "frozen"


def test_the_short_race_adds_the_short_runs_gain_and_pays_for_no_run() -> None:
    found = answer(short_race, linear=0.70, short={"tuned_gain": 0.05, "fresh_value": 0.3})
    assert (found.rung, found.charged_cpu_seconds) == ("fine-tune", 0.0)
    assert answer(short_race, linear=0.70, short={"tuned_gain": -0.05, "fresh_value": 0.3}).rung == "frozen"


def test_halving_carries_two_out_lets_validation_decide_and_charges_the_other() -> None:
    """The short runs keep frozen (0.70) and fine-tune (0.72); validation turns them round."""
    seen: dict[str, Any] = {"linear": 0.70, "short": {"tuned_gain": 0.02, "fresh_value": 0.3}}
    seen["validation"] = (0.9, 0.9, 0.8, 0.7, 0.9)
    found = answer(halving, **seen)
    assert (found.rung, found.charged_cpu_seconds) == ("frozen", 10.0)


def test_a_race_passes_over_what_was_not_validated() -> None:
    found = answer(trying_everything, validation=(None, None, 0.7, 0.6, None))
    assert (found.rung, found.charged_cpu_seconds) == ("frozen", 52.0)


def test_trying_everything_charges_everything() -> None:
    found = answer(trying_everything)
    assert (found.rung, found.charged_cpu_seconds) == ("fine-tune", 44.0)


def test_no_baseline_looks_at_test_values() -> None:
    """Another outcome on the test part of the task itself changes no answer."""
    past = known(*(made(name, 0.1, 0.2, 0.6, 0.7, 0.3, logme=0.1, short={"tuned_gain": 0.01}) for name in "abc"))
    seen = {"linear": 0.7, "short": {"tuned_gain": 0.05}, "logme": 0.2, "validation": (0.2, 0.3, 0.7, 0.8, 0.1)}
    for name, rule in BASELINES:
        one = answer(rule, past, values=(0.9, 0.1, 0.2, 0.3, 0.8), **seen)
        other = answer(rule, past, values=(0.1, 0.2, 0.3, 0.4, 0.99), **seen)
        assert one == other, name
