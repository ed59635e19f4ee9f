"""A climb as a document (`climb_json`) and as a table of what each step cost and brought."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.text import Text

from advisor.advice.climb_words import basis, plan_sentence
from advisor.cli.tables import safe, table
from advisor.core.ladder import rung
from advisor.core.records import Climb, ClimbStep
from advisor.core.wording import between, chance, duration, percent


def climb_json(climb: Climb) -> dict[str, Any]:
    """`advisor climb --json`, and ``climb`` of `advisor runs show --json`."""
    goal = climb.advice.question
    document = climb.model_dump(mode="json", exclude={"schema_version", "advice", "plans", "class_shares", "stop"})
    for step in document["steps"]:
        step.pop("schema_version")
        if step["brought"]:
            step["brought"].pop("schema_version")
    return document | {
        "metric": climb.advice.metric, "target": goal.target, "tolerance": goal.tolerance, "seconds": climb.seconds,
    }  # fmt: skip


def climb(to: Console, climb: Climb) -> None:
    """`advisor climb`: what is kept and why, one line for each step, and how to use the model."""
    to.print(safe(climb.sentence or plan_sentence(climb)), style="bold")
    steps(to, climb)
    if climb.kept is not None:
        to.print(f"Try it: advisor predict {climb.kept} INPUT", style="dim", markup=False)
    elif climb.current is not None:
        to.print(f"To see it: advisor runs show {climb.current.run}", style="dim", markup=False)


def of_run(to: Console, climb: Climb | None) -> None:
    """Below a run: the climb that it is a step of."""
    if climb is not None:
        to.print(safe(f"The climb: {climb.sentence or plan_sentence(climb)}"))
        steps(to, climb)


def steps(to: Console, climb: Climb) -> None:
    """One line for each step: what it took, what it reached on held-out items, and what that brought.

    A run is named by the end of its id, which every command takes; an arrow marks the one that is kept.
    """
    with_target = climb.advice.question.target is not None
    rows = table(
        "step", ">took", f">{climb.advice.metric}", "90 % interval", ">n", ">brought, points",
        *([">P(target)"] if with_target else []), "run",
    )  # fmt: skip
    rows.columns[0].no_wrap = True
    for step in climb.steps:
        likely = [chance(step.p_target) if step.p_target is not None else ""] if with_target else []
        kept = step.run == climb.kept
        name = Text(("→ " if kept else "  ") + rung(step.rung).title, style="bold" if kept else "")
        rows.add_row(name, *_numbers(climb, step), *likely, step.run.rpartition("-")[2])
    to.print(rows)
    if below := basis(climb):
        to.print(safe(below), style="dim")


def _numbers(climb: Climb, step: ClimbStep) -> tuple[str, ...]:
    """The cells of what a step took, reached and brought."""
    if step.seconds is None:
        return ("under way" if step is climb.current else "", "", "", "", "")
    value, gain = step.held_out, step.brought
    reached = (percent(value.value), between(value.low, value.high), f"{value.n:,}") if value else ("", "", "")
    brought = f"{gain.points:+.1f} ({gain.low:+.1f} to {gain.high:+.1f})" if gain else ""
    return (duration(step.seconds), *reached, brought)
