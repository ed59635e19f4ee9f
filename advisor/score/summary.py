"""The score in words and rows of tables, the same in the command and on the page."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from advisor.core.ladder import TUNED
from advisor.core.wording import counted
from advisor.score.board import Board, Bound
from advisor.score.figures import NOTHING, Figure
from advisor.score.grid import CELLS, Grid
from advisor.score.score import Score, TaskRow

#: How a figure is written: what it is multiplied by, its decimals, and the unit.
UNITS = {
    "%": (100.0, 1, " %"),
    "points": (1.0, 2, ""),
    "x": (1.0, 2, "x"),
}
COLUMNS = ("too high", "too low", "regret", "largest", "compute", "utility", "targets")
MARKS = {True: "yes", False: "NO", None: "-"}


def introduction(board: Board) -> tuple[str, ...]:
    """What was scored and how."""
    ours = board.ours
    sentences = [
        f"LadderBench: {ours.n_tasks} tasks of {ours.n_datasets} datasets, each completed on every rung. Each "
        f"dataset is scored by an advisor that was fitted without it.",
        "In brackets: 90 % intervals, from drawing whole datasets 2,000 times.",
    ]
    if board.unfinished:
        sentences.append(f"Not counted, because a rung is missing: {board.unfinished} seeds of tasks.")
    return tuple(sentences)


def told(board: Board) -> tuple[str, ...]:
    """The score at all prices in five sentences: constants, a static rule, the default goal, targets, and the noise."""
    grid, ours = board.grid, board.ours
    (cell, least), tuned = grid.constant.worst, by_name(board, f"always {TUNED}")
    reached = "; ".join(
        f"{100 * float(target):.0f} % on {written(figure, '%', False)} of them (always fine-tuning: "
        f"{written(tuned.targets[target], '%', False)})"
        for target, figure in ours.targets.items()
        if target != "all" and figure.value is not None
    )
    return (
        f"At {len(CELLS)} pairs of prices, the advisor is on average {signed(grid.constant.over)} points a task ahead "
        f"of the single rung that turns out best at those prices. Its worst pair stands at {least:+.2f} (a step up "
        f"costs {cell.step:g} points, a training {cell.training:g}).",
        f"It is {signed(grid.static.over)} ahead of a rule that knows the prices and what is usually best on this kind "
        f"of data.{on_fresh(board)}",
        f"At the default prices (a step up must bring a point, training is free) it is {signed(grid.at_default)} ahead "
        f"of always fine-tuning. Where training is cheap, fine-tuning is hard to beat.",
        f"Where some rung reaches a target, the advisor reaches it too: {reached}. It takes "
        f"{written(ours.target_training['all'], '%', False)} of the training of always fine-tuning.",
        f"Choosing with every test value known would be {ahead(grid.oracle.over)} points ahead of it; choosing with "
        f"the values of another sample of as many labels, {ahead(grid.another_draw.over)}. No advice can know this.",
    )


def on_fresh(board: Board) -> str:
    """Both leads on datasets that played no part, as a further sentence; "" where there are none."""
    if board.fresh_grid is None:
        return ""
    fresh, met = board.fresh_grid, board.fresh[0]
    over = f"{counted(met.n_tasks, 'task')} of {counted(met.n_datasets, 'dataset')}"
    return (
        f" On {over} that played no part in building the advisor, the two leads are {signed(fresh.constant.over)} and "
        f"{signed(fresh.static.over)}."
    )


def signed(figure: Figure) -> str:
    """A lead with its sign and interval: "+0.43 (+0.22 to +0.68)"; "-" where nothing was counted."""
    if figure.value is None or figure.low is None or figure.high is None:
        return "-"
    return f"{figure.value:+.2f} ({figure.low:+.2f} to {figure.high:+.2f})"


def ahead(figure: Figure) -> str:
    """Our lead over another as the other's over us."""
    return "-" if figure.value is None else f"{-figure.value:.2f}"


def by_name(board: Board, name: str) -> Score:
    """The score of an adviser."""
    return next(score for score in (board.ours, *board.baselines, *board.references) if score.name == name)


def lead_rows(grid: Grid) -> Iterator[tuple[str, str, str]]:
    """The advisor's lead over everyone at all prices: name, lead, and the lead of the worst pair."""
    for lead in (grid.constant, grid.static, *grid.others, grid.another_draw, grid.oracle):
        yield lead.name, signed(lead.over), f"{lead.worst[1]:+.2f}" if lead.cells else "-"


def out_of_reach(board: Board) -> str:
    """How often the ideal rung can be known at all; "" where no task has two draws of labels."""
    ceiling = board.ceiling
    if ceiling.ideal.value is None:
        return ""
    return (
        f"How much can be known: {ceiling.ideal.n} tasks were trained with two samples of labels. Knowing every result "
        f"of one sample names the ideal rung of the other in {written(ceiling.ideal, '%')}, and loses "
        f"{written(ceiling.regret, 'points')} points."
    )


def written(figure: Figure, unit: str, interval: bool = True) -> str:
    """Such as "81.2 % (75.0 to 86.9)"; "-" where nothing was counted."""
    if figure.value is None:
        return "-"
    times, decimals, sign = UNITS[unit]
    value = f"{times * figure.value:,.{decimals}f}{sign}"
    return f"{value} ({span(figure, unit)})" if interval else value


def span(figure: Figure, unit: str) -> str:
    """The interval, such as "75.0 to 86.9"; "-" without one."""
    if figure.low is None or figure.high is None:
        return "-"
    times, decimals, _ = UNITS[unit]
    return f"{times * figure.low:,.{decimals}f} to {times * figure.high:,.{decimals}f}"


def bound_row(bound: Bound) -> tuple[str, str, str, str]:
    """Figure, value, bound and whether it is kept."""
    return bound.what, written(bound.figure, bound.unit), bound.wanted, MARKS[bound.kept]


def adviser_row(score: Score) -> tuple[str, ...]:
    """The figures that every adviser has."""
    figures = (
        (score.too_high, "%"), (score.too_low, "%"), (score.mean_regret, "points"), (score.max_regret, "points"),
        (score.compute, "x"), (score.utility_regret, "points"), (score.targets["all"], "%"),
    )  # fmt: skip
    right, between = written(score.ideal, "%", False), span(score.ideal, "%")
    return score.name, right, between, *(written(figure, unit, False) for figure, unit in figures)


def wrong_rows(score: Score) -> Iterator[tuple[str, str, str, str, str]]:
    """Tasks on which some seed was advised another rung than the ideal one, the costliest first."""
    wrong = [task for task in score.tasks if task.right < 1.0]
    for task in sorted(wrong, key=lambda task: -task.regret):
        yield f"{task.dataset}/{task.labels}", chosen_by(task), task.ideal, f"{task.regret:.1f}", task.why


def chosen_by(task: TaskRow) -> str:
    """The rungs of the seeds, each once."""
    return ", ".join(dict.fromkeys(task.chosen))


#: Figures of LadderBench and the fresh sets: name, unit, the figure, whether more is better (None: neither).
SHARED: tuple[tuple[str, str, Callable[[Score], Figure], bool | None], ...] = (
    ("ideal rung recommended", "%", lambda score: score.ideal, True),
    ("mean regret", "points", lambda score: score.mean_regret, False),
    ("largest regret", "points", lambda score: score.max_regret, None),
    ("training, multiple of the ideal rungs'", "x", lambda score: score.compute, None),
    ("utility lost, a task", "points", lambda score: score.utility_regret, False),
    ("90 % intervals that cover", "%", lambda score: score.coverage.get("all", NOTHING), True),
    ("training times within 1.5 times", "%", lambda score: score.in_time.get("all", NOTHING), True),
)


def fresh_rows(board: Board) -> Iterator[tuple[str, ...]]:
    """Figures of the advisor on LadderBench's tasks and on the fresh ones."""
    one, other = board.ours, board.fresh[0]
    yield "tasks, datasets", *(f"{score.n_tasks}, {score.n_datasets}" for score in (one, other))
    for name, unit, figure, _ in SHARED:
        yield name, *(written(figure(score), unit) for score in (one, other))


def alike(board: Board) -> str:
    """Whether the figures on fresh sets look like LadderBench's: which of them are worse beyond both intervals."""
    one, other = board.ours, board.fresh[0]
    worse = [name for name, _, figure, more in SHARED if more is not None and _worse(figure(one), figure(other), more)]
    if not worse:
        return "They do, within the intervals."
    return f"They do not. Clearly worse on fresh datasets: {'; '.join(worse)}."


def _worse(here: Figure, there: Figure, more_is_better: bool) -> bool:
    """Whether the intervals have nothing in common, and the other figure is on the wrong side."""
    low, high = (here, there) if more_is_better else (there, here)
    return low.low is not None and high.high is not None and high.high < low.low
