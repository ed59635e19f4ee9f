"""The straight line. The command, the dashboard and Python code all call these functions.

    dataset → profile → evidence → estimates → advice → plan → run → report

Every `x` below is a path (folder, archive, table), a sample (``sample:digits``) or a Dataset already read.
Measurements are kept in the dataset's workspace folder and used again. `progress` is called with a sentence and the
share done. `advisor.__all__` lists the functions that are public in the package itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from advisor.advice import climb_plan
from advisor.advice.advise import advise_dataset
from advisor.advice.planning import advice_for_run, make_plan
from advisor.advice.racing import Race, pair_of
from advisor.advice.record.decision import DecisionRecord
from advisor.advice.record.decision import decision_record as put_on_record
from advisor.advice.wishes import checked_budget, checked_goal, checked_pair, checked_target
from advisor.core.errors import AdviceError, RunError, StorageError
from advisor.core.kinds import SeveralLabels
from advisor.core.ladder import rung as find_rung
from advisor.core.records import (
    Advice,
    Answer,
    Climb,
    Constraints,
    Dataset,
    Evidence,
    Exchange,
    Goal,
    Kind,
    LabelsNeeded,
    Plan,
    Prices,
    ProbeResult,
    Profile,
    ReadOptions,
    RunReport,
)
from advisor.data.profile.profile import profile as profile_dataset
from advisor.data.reading import read as read_source
from advisor.evidence.backbones import AT_HAND, NONE
from advisor.evidence.curve import labels_needed as read_off
from advisor.evidence.gather import gather, keep_own_prompt
from advisor.evidence.issues import load_issues
from advisor.evidence.own_prompt import measure_own, prompts_of
from advisor.llm import models
from advisor.runs import aside, begin, ended, launchers, store, supervisor
from advisor.runs.follow import follow, wait_for_climb
from advisor.runs.measured import of_dataset
from advisor.runs.model_folder import model_folder
from advisor.runs.relearn import restore_ledger
from probes.progress import Progress, silent

if TYPE_CHECKING:
    import pandas as pd

    from advisor.rungs.saved.loading import Model

Source = str | Path | Dataset
DEFAULT_BUDGET_SECONDS = 60.0
DEFAULT_TRAINING_SECONDS = begin.TRAINING_SECONDS


def read(
    source: Source,
    *,
    kind: Kind | None = None,
    text_column: str | Sequence[str] | None = None,
    label_column: str | Sequence[str] | None = None,
    path_column: str | None = None,
    split_column: str | None = None,
    group_column: str | None = None,
    question_column: str | None = None,
    answer_column: str | None = None,
    document_column: str | None = None,
    several_labels: SeveralLabels | None = None,
    number_ranges: int | None = None,
    progress: Progress = silent,
) -> Dataset:
    """Read a dataset: list it, check its items, split it. Raises DatasetError saying what is wrong and what to do.

    text_column, label_column: a name, or several, also apart by commas in one string: texts are joined by a blank line,
    columns of zeros and ones are one label. several_labels: what becomes of rows with several labels. number_ranges:
    a label that is a number is read as so many ranges with as many items each.
    """
    if isinstance(source, Dataset):
        return source
    options = ReadOptions(
        kind=kind, text_column=_in_one(text_column), label_column=_in_one(label_column), path_column=path_column,
        split_column=split_column, group_column=group_column, question_column=question_column,
        answer_column=answer_column, document_column=document_column, several_labels=several_labels,
        number_ranges=number_ranges,
    )  # fmt: skip
    return read_source(source, options, progress)


def _in_one(names: str | Sequence[str] | None) -> str | None:
    """Names of columns as one string, apart by commas."""
    return names if names is None or isinstance(names, str) else ",".join(names)


def profile(x: Source, *, progress: Progress = silent) -> Profile:
    """What is in the dataset and what is wrong with it."""
    return profile_dataset(read(x, progress=progress), progress)


def probe(
    x: Source,
    *,
    backbone: str | None = None,
    budget: float = DEFAULT_BUDGET_SECONDS,
    backbones: str | Sequence[str] = AT_HAND,
    progress: Progress = silent,
) -> Evidence:
    """Measure the dataset under a backbone, within about `budget` seconds. Raises BackboneError, AdviceError.

    backbones: where no backbone is named, those to compare first: names, ``at-hand`` (all whose weights are here) or
    ``none``. The evidence is gathered with the one to start from.
    """
    seconds, words = checked_budget(budget), _in_one(backbones) or NONE
    return gather(read(x, progress=progress), backbone, seconds, progress, backbones=words)


def labels_needed(
    x: Source,
    target: float | str,
    *,
    backbone: str | None = None,
    budget: float = DEFAULT_BUDGET_SECONDS,
    progress: Progress = silent,
) -> LabelsNeeded:
    """Training items at which the frozen rung is expected to reach `target` (0 to 1), or that it is not reachable.

    Raises AdviceError for a target that is no share, BackboneError.
    """
    share = checked_target(target)
    if share is None:
        raise AdviceError("The labels needed depend on a target. Give one, such as 0.95.")
    checked_budget(budget)
    dataset = read(x, progress=progress)
    evidence = probe(dataset, backbone=backbone, budget=budget, progress=progress)
    if evidence.curve is None:
        step = "Add labels." if dataset.classes else "Give images or texts with classes."
        raise AdviceError(f"{dataset.name} has no learning curve, so the labels needed cannot be estimated. {step}")
    return read_off(evidence.curve, share, evidence.n_train)


def issues(
    x: Source, *, backbone: str | None = None, budget: float = DEFAULT_BUDGET_SECONDS, progress: Progress = silent
) -> pd.DataFrame:
    """What is wrong with labels and items: one row per item and check, `verdict` where it is on the check's list.

    Columns: key, row, label, check, score, verdict, suggested, probability, other, remark.
    Raises BackboneError, AdviceError.
    """
    dataset = read(x, progress=progress)
    return load_issues(dataset, probe(dataset, backbone=backbone, budget=budget, progress=progress))


def prompts(
    x: Source, *, backbone: str | None = None, budget: float = DEFAULT_BUDGET_SECONDS, progress: Progress = silent
) -> list[ProbeResult]:
    """The prompts measured on a dataset of texts, the user's own first; each carries its template and text."""
    return prompts_of(probe(x, backbone=backbone, budget=budget, progress=progress))


def prompt(
    x: Source,
    template: str | None = None,
    *,
    model: str | None = None,
    shots: int = 16,
    seconds: float = 20.0,
    secrets: Mapping[str, str] | None = None,
    backbone: str | None = None,
    budget: float = DEFAULT_BUDGET_SECONDS,
    progress: Progress = silent,
) -> ProbeResult:
    """Measure a prompt of one's own on the evidence's sample; it is kept there, and given advice takes it in.

    template: plain text with {labels}, {examples} and {text}; None for the one in use. model: a language model's name
    or folder, or ``endpoint``. shots: labelled examples in the prompt. secrets: the endpoint's settings where they are
    not in the environment. Raises AdviceError, ProbeError, BackboneError, EndpointError.
    """
    models.check(model, secrets)
    dataset = read(x, progress=progress)
    evidence = probe(dataset, backbone=backbone, budget=budget, progress=progress)
    own = measure_own(dataset, evidence, template, model, shots, seconds, secrets, progress)
    keep_own_prompt(dataset, backbone, checked_budget(budget), evidence, own)
    advice = Advice.saved(dataset.files.advice)
    if advice is not None and (advice.question.backbone, advice.question.budget_seconds) == (backbone, budget):
        advise_dataset(dataset, advice.question, progress, of_dataset(dataset.fingerprint))
    return own


def advise(
    x: Source,
    *,
    target: float | str | None = None,
    tolerance: float = 1.0,
    budget: float = DEFAULT_BUDGET_SECONDS,
    rungs: str | Iterable[str] | None = None,
    backbone: str | None = None,
    backbones: str | Sequence[str] = AT_HAND,
    prices: Prices | None = None,
    constraints: Constraints | None = None,
    progress: Progress = silent,
) -> Advice:
    """Recommend the cheapest rung that will do, with a reason and a number for every rung.

    target: the metric wanted on unseen data (0 to 1, or "90%"), or None. tolerance: points that a simpler rung may be
    behind for each step of the ladder and still be as good; 0 asks for the best model. budget: seconds for measuring.
    rungs: the rungs allowed, all five by default. backbones: as in `probe`; the advice is a pair of backbone and rung.
    prices: what things cost you, none by default; constraints: what must hold. Raises AdviceError, DatasetError,
    BackboneError.
    """
    question = checked_goal(
        target=target, tolerance=tolerance, budget=budget, rungs=rungs, backbone=backbone,
        backbones=_in_one(backbones) or NONE, prices=prices, constraints=constraints,
    )  # fmt: skip
    restore_ledger()
    dataset = read(x, progress=progress)
    return advise_dataset(dataset, question, progress, of_dataset(dataset.fingerprint))


def exchange(x: Source, *, budget: float = 300.0, backbone: str | None = None, progress: Progress = silent) -> Exchange:
    """Measure how many labels training from scratch needs for what fine-tuning reaches with fewer, in `budget` seconds.

    The advice given last takes the measured rate in. Raises AdviceError, DatasetError, BackboneError.
    """
    from advisor.advice.outlook.exchange_runs import measured_exchange

    seconds = checked_budget(budget)
    dataset = read(x, progress=progress)
    rate = measured_exchange(dataset, probe(dataset, backbone=backbone), seconds, progress)
    advice = Advice.saved(dataset.files.advice)
    if advice is not None:
        advice.model_copy(update={"exchange": rate}).save(dataset.files.advice)
    return rate


def plan(
    x: Source,
    *,
    rung: str = "auto",
    budget: float | None = None,
    backbone: str | None = None,
    advice: Advice | None = None,
    device: str = "auto",
    seed: int = 0,
    launcher: str = "local",
    processes: int | None = None,
    progress: Progress = silent,
) -> Plan:
    """The plan of one run: the recommended rung (``auto``) or the one named, with all it takes to repeat it.

    advice: the advice given last by default. backbone: another one than the advice's; target, prices and constraints
    are asked anew under it, and the advice that is kept stays as it is. launcher: local, torchrun or ray; processes:
    how many train together (docs/scale.md). Raises AdviceError, RunError, BackboneError.
    """
    named = None if rung == "auto" else find_rung(rung).name
    n_processes = launchers.checked(launcher, processes)
    seconds = DEFAULT_TRAINING_SECONDS if budget is None else checked_budget(budget)
    dataset = read(x, progress=progress)
    advice = advice_for_run(dataset, _advice(dataset, advice, progress, backbone), named, backbone, progress)
    run = make_plan(dataset, advice, rung, seconds, device, seed)
    return run.model_copy(update={"launcher": launcher, "processes": n_processes})


def _advice(dataset: Dataset, advice: Advice | None, progress: Progress, backbone: str | None = None) -> Advice:
    """The advice handed in, else the one given last, else one given now.

    Raises AdviceError where the one given last cannot be read: its goal is lost, and another would be another advice.
    """
    path = dataset.files.advice
    if advice is not None or not path.exists():
        return advice or advise(dataset, backbone=backbone, progress=progress)
    try:
        return Advice.load(path)
    except StorageError as error:
        raise AdviceError(f"{error} Ask for advice again: advisor advise {dataset.source}") from error


def decision_record(x: Source, *, advice: Advice | None = None, progress: Progress = silent) -> DecisionRecord:
    """The decision with all that it rests on and the plan to carry it out, to be kept (`advice.record.decision`).

    advice: the advice to put on record, the one given last by default. Raises AdviceError, DatasetError, BackboneError.
    """
    dataset = read(x, progress=progress)
    advice = _advice(dataset, advice, progress)
    question = advice.question
    evidence = probe(
        dataset, backbone=advice.measured_with, budget=question.budget_seconds, backbones=NONE, progress=progress
    )
    profiled = Profile.saved(dataset.files.profile)
    return put_on_record(dataset, profiled, evidence, advice, plan(dataset, advice=advice))


def start(run: Plan) -> str:
    """Hand a plan to the supervisor and return the run's id at once."""
    name = store.submit(run)
    supervisor.ensure()
    return name


def train(
    x: Source,
    *,
    rung: str = "auto",
    budget: float | None = None,
    backbone: str | None = None,
    advice: Advice | None = None,
    device: str = "auto",
    seed: int = 0,
    launcher: str = "local",
    processes: int | None = None,
    progress: Progress = silent,
) -> RunReport:
    """Carry out a rung in a process of its own and wait for its report; the arguments are those of `plan`.

    Raises RunError when it fails or is stopped.
    """
    run = plan(
        x, rung=rung, budget=budget, backbone=backbone, advice=advice, device=device, seed=seed, launcher=launcher,
        processes=processes, progress=progress,
    )  # fmt: skip
    return wait(start(run), progress)


def race(
    x: Source,
    *,
    budget: float | None = None,
    rungs: str | Iterable[str] | None = None,
    advice: Advice | None = None,
    device: str = "auto",
    seed: int = 0,
    progress: Progress = silent,
) -> Race:
    """Carry out the two rungs of a coin toss, `budget` seconds each, and keep the better one on validation items.

    rungs: two others to race. Raises AdviceError when there are not two to race, RunError when a run fails.
    """
    named = checked_pair(rungs)
    if budget is not None:
        checked_budget(budget)
    dataset = read(x, progress=progress)
    advice = _advice(dataset, advice, progress)
    pair = pair_of(advice, named)
    begun = begin.start_race(dataset, advice, pair, budget=budget, device=device, seed=seed)
    return begin.verdict(pair, wait_for_climb(begun.climb, progress))


def climb(
    x: Source,
    *,
    target: float | str | None = None,
    tolerance: float | None = None,
    budget: float | None = None,
    rungs: str | Iterable[str] | None = None,
    backbone: str | None = None,
    advice: Advice | None = None,
    device: str = "auto",
    seed: int = 0,
    detach: bool = False,
    progress: Progress = silent,
) -> Climb:
    """Train rungs one after the other, cheapest first, until held-out items show that it is enough; keep the best.

    target, tolerance, rungs, backbone: the advice's where not named. budget: seconds for all runs together, 300 by
    default. detach: return once the first run is queued; `runs.follow.follow_climb` shows the rest. A climb whose run
    failed or was stopped says so in its state. Raises AdviceError where no rung that trains may be used.
    """
    named = partial(climb_plan.changed, target=target, tolerance=tolerance, rungs=rungs, backbone=backbone)
    named(Goal())  # what cannot be met is said before anything is measured
    seconds = DEFAULT_TRAINING_SECONDS if budget is None else checked_budget(budget)
    dataset = read(x, progress=progress)
    advice = _advice(dataset, advice, progress, backbone)
    advice = climb_plan.advice_for(dataset, advice, named(advice.question), progress)
    begun = begin.start_climb(dataset, advice, budget=seconds, device=device, seed=seed)
    return begun if detach else wait_for_climb(begun.climb, progress)


def wait(run: str, progress: Progress = silent) -> RunReport:
    """Follow a run to its end. Raises RunError with its cause when it failed or was stopped."""
    status = None
    for status in follow(run):
        progress(status.stage or status.state, status.progress)
    if status is None or status.state != "done":
        cause = (status.cause if status else "") or "it was stopped"
        raise RunError(f"Run {run} did not finish: {cause.rstrip('.')}. See `advisor runs show {run}`.")
    return RunReport.load(status.files.report)


def resume_run(run: str) -> str:
    """Queue a run that failed, as on a full disk, to go on from what it has kept, and return its id at once.

    Raises RunError for a run that is unknown, under way or finished.
    """
    return ended.resume(run)


def delete_run(run: str, *, for_good: bool = False) -> int:
    """Delete an ended run with its model, its report and all that it has kept; returns the bytes that these take.

    For a day `restore_run` brings it back; then its room is freed, or at once where the deletion is `for_good`. Raises
    RunError for a run that is unknown or has not ended, StorageError where its folder cannot be deleted.
    """
    return ended.delete(run, for_good)


def restore_run(run: str) -> str:
    """Bring back a run that was deleted in the last 24 hours; its id. Raises RunError, StorageError."""
    return aside.restore(run)


def load(run: str | Path, *, device: str = "cpu") -> Model:
    """The model of a finished run, by its id or folder, or of the one that finished last (``last``).

    It predicts, or answers questions. device: auto, cpu, cuda or mps, whichever it was trained on. Raises RunError,
    ProbeError where there is none such.
    """
    from advisor.rungs.saved.loading import load as load_model
    from probes.device import pick

    return load_model(model_folder(run), pick(device))


def ask(
    x: Source, questions: str | Sequence[str], *, model: str | None = None, k: int = 1, progress: Progress = silent
) -> list[Answer]:
    """Answer questions from documents at once, without a run, with the passages that the answers rest on.

    x: documents alone (a folder, a table, a file), or a dataset of questions over documents. model: a language model's
    name or folder, or "endpoint". k: passages put before it. Raises DatasetError, BackboneError, EndpointError.
    """
    from advisor.rungs.questions.ask import ask as ask_documents

    return ask_documents(x, questions, model, k, progress)
