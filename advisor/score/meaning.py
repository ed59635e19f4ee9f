"""What the score means for somebody who asks for advice: a headline, what else one could do, and where it fails.

Every sentence rests on figures of the board alone. A point is a percentage point of the task's metric.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from advisor.core.ladder import TUNED
from advisor.core.wording import count, counted, listed, percent
from advisor.score.board import NAME, Board
from advisor.score.figures import NOTHING, Figure
from advisor.score.score import Score, TaskRow
from advisor.score.summary import by_name

#: What each adviser does, for a reader who knows none of their names.
DOES: dict[str, str] = {
    NAME: "This advisor",
    "always prompting": "Always prompting",
    "always rag": "Always retrieval",
    "always frozen": "Always frozen features",
    "always fine-tune": "Always fine-tuning",
    "always scratch": "Always from scratch",
    "random rung": "A random choice",
    "newsletter table": "Rule of thumb by labels, four steps",
    "CS231n rule": "Fine-tune above 1,000 labels",
    "LogME": "LogME score",
    "probes only": "The best probe",
    "static ranking": "What is usually best",
    "measured enough, else fine-tune": "Measured enough, else fine-tuning",
    "short race": "Probes and a short training",
    "successive halving": "A short race, then the best two",
    "trying every rung": "Train all, keep the best",
    "best constant of each cell": "The best single rung at each price",
    "static rule that knows the prices": "What is usually best at each price",
    "truth of another draw of the labels": "The results of another sample known",
    "oracle": "Every result known",
}
#: What somebody without measurements would do, for the first picture.
HABITS = ("always fine-tune", "static ranking", "CS231n rule", "always frozen", "random rung", "always scratch")
#: A recommendation that loses more than so much was a bad one.
A_POINT = 1.0


def does(name: str) -> str:
    """What an adviser does; its name where it is not a known one."""
    return DOES.get(name, name)


def points(value: float | None) -> str:
    """Points as a sentence writes them: "0.9 points"; "-" where nothing was counted."""
    return "-" if value is None else f"{value:.1f} point{'' if f'{value:.1f}' == '1.0' else 's'}"


def headline(board: Board) -> str:
    """How near the recommendations came to the best, and how often the forecasts held."""
    regret, held = board.ours.mean_regret.value, coverage(board.ours).value
    sentence = f"On average, the recommended model came within {points(regret)} of the best possible, costs aside"
    return f"{sentence}." if held is None else f"{sentence}, and {percent(held, 0)} of its 90 % intervals held."


def coverage(score: Score) -> Figure:
    """How often the outcome lay in the 90 % interval."""
    return score.coverage.get("all", NOTHING)


def basis(board: Board) -> str:
    """What was counted, and how sure the headline is."""
    ours = board.ours
    sentences = [
        f"Counted over {counted(ours.n_tasks, 'task')} from {counted(ours.n_datasets, 'dataset')}, each judged by an "
        f"advisor that had never seen the dataset."
    ]
    if ours.mean_regret.low is not None and ours.mean_regret.high is not None:
        sure = f"90 % sure: {ours.mean_regret.low:.1f} to {ours.mean_regret.high:.1f} points"
        sentences.append(f"{sure}. Intervals checked: {count(coverage(ours).n)}.")
    sentences.append("A point is a percentage point of the task's metric.")
    return " ".join(sentences)


def on_new(board: Board) -> str:
    """The same on datasets that played no part in building the advisor; "" where there are none."""
    if not board.fresh:
        return ""
    fresh = board.fresh[0]
    over = f"{counted(fresh.n_tasks, 'task')} from {counted(fresh.n_datasets, 'new dataset')}"
    held = coverage(fresh)
    holds = f", and {percent(held.value, 0)} of {count(held.n)} intervals held" if held.value is not None else ""
    return f"On {over}, which played no part in building it: within {points(fresh.mean_regret.value)}{holds}."


def compared(board: Board) -> str:
    """What the advisor's choices lose beside the habits, the best habit first."""
    others = sorted(habits(board), key=lambda score: score.mean_regret.value or 0.0)
    rest = [f"{lower(does(score.name))} {score.mean_regret.value:.1f}" for score in others]
    return f"This advisor's choice loses {points(board.ours.mean_regret.value)} on average; {listed(rest)}."


def habits(board: Board) -> list[Score]:
    """The advisers of `HABITS` that are on the board and lose something countable."""
    scores = [by_name(board, name) for name in HABITS]
    return [score for score in scores if score.mean_regret.value is not None]


def lower(text: str) -> str:
    """A title inside a sentence: its first letter small."""
    return text[:1].lower() + text[1:]


def against_tuning(board: Board) -> str:
    """What the advice saves where a target is named, beside always fine-tuning."""
    tuned, ours = by_name(board, f"always {TUNED}"), board.ours
    ratio, reached, theirs = ours.target_training["all"].value, ours.targets["all"].value, tuned.targets["all"].value
    if ratio is None or reached is None or theirs is None:
        return ""
    named = [f"{100 * float(target):.0f}" for target in ours.targets if target != "all"]
    targets = listed(named).replace(" and ", " or ")
    return (
        f"With a target of {targets} % that some way reaches, the advice reached it in {percent(reached)} of "
        f"{counted(ours.targets['all'].n, 'case')}. Always fine-tuning reached it in {percent(theirs)}, with "
        f"{1 / ratio:.1f} times the training."
    )


def failing(score: Score) -> str:
    """How often a recommendation lost more than a point, and the worst."""
    bad = [task for task in score.tasks if task.regret > A_POINT]
    over = counted(score.n_tasks, "task")
    if not bad:
        return f"On none of {over} did the recommendation lose more than a point."
    worst = max(bad, key=lambda task: task.regret)
    return (
        f"On {len(bad)} of {over} ({percent(len(bad) / score.n_tasks, 0)}) the recommendation lost more than "
        f"a point. The most was {points(worst.regret)}, on {worst.dataset} ({labels(worst.labels)})."
    )


@dataclass(frozen=True)
class Group:
    """The tasks with as many labels, and what the recommendation lost on them on average, in points."""

    title: str
    tasks: tuple[TaskRow, ...]

    @property
    def mean_regret(self) -> float:
        """Points lost on average."""
        return sum(task.regret for task in self.tasks) / len(self.tasks)


def by_labels(score: Score) -> list[Group]:
    """The tasks by their number of labels, the fewest first."""
    names = sorted({task.labels for task in score.tasks}, key=_n_labels)
    return [Group(labels(name), tuple(task for task in score.tasks if task.labels == name)) for name in names]


def labels(name: str) -> str:
    """A task's size in words.

    >>> labels("50"), labels("50 uneven"), labels("1000"), labels("all")
    ('50 labels', '50 labels, uneven classes', '1,000 labels', 'all labels')
    """
    number, *rest = name.split()
    sized = f"{int(number):,} labels" if number.isdigit() else f"{number} labels"
    return f"{sized}, {' '.join(rest)} classes" if rest else sized


def _n_labels(name: str) -> tuple[float, str]:
    number = name.split()[0]
    return (float(number) if number.isdigit() else float("inf"), name)


def by_labels_told(groups: Sequence[Group]) -> str:
    """The loss of each group in a sentence."""
    told = [f"{group.title}: {group.mean_regret:.1f} (n = {count(len(group.tasks))})" for group in groups]
    return f"Points lost on average: {'; '.join(told)}."


def met(board: Board) -> str:
    """How many goals are met, and which are not."""
    counting = [bound for bound in board.bounds if bound.kept is not None]
    missed = [bound for bound in counting if not bound.kept]
    sentence = f"The advisor meets {len(counting) - len(missed)} of its {len(counting)} goals."
    return f"{sentence} Missed: {'; '.join(lower(bound.plain) for bound in missed)}." if missed else sentence


def chance_told(score: Score) -> str:
    """How often a target that the advisor was sure of was reached."""
    promise = score.promises
    if promise.value is None:
        return "The advisor was sure of no target."
    cases = counted(promise.n, "case")
    return f"Of targets it was sure to reach, it reached {percent(promise.value, 0)} ({cases})."
