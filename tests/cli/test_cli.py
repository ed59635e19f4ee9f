"""The command, called and as a process: one JSON document on stdout, words on stderr, and the exit statuses."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any, NamedTuple

import pytest
from PIL import Image
from rich.console import Console
from sklearn.datasets import load_digits

from advisor.cli import show_runs
from advisor.cli.main import main
from advisor.core.records import RunStatus

Run = Callable[..., subprocess.CompletedProcess[str]]
Answer = Callable[..., Any]
BUDGET = ("--budget", "12")


class Ended(NamedTuple):
    """How a call of the command ended."""

    status: int | str | None
    out: str
    error: str


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One workspace for the whole module, so that what one command measured serves the next."""
    return tmp_path_factory.mktemp("cli-home")


@pytest.fixture(scope="module")
def environment(home: Path) -> dict[str, str]:
    return {**os.environ, "ADVISOR_HOME": str(home), "HF_HUB_OFFLINE": "1"}


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sixty images of each of three digits, and one file that is no image."""
    root = tmp_path_factory.mktemp("data") / "digits"
    images, labels = load_digits(return_X_y=True)
    for label in (0, 1, 4):
        folder = root / f"[bold]{label}"  # a class name that a careless table would take for markup
        folder.mkdir(parents=True)
        for i, pixels in enumerate(images[labels == label][:60]):
            Image.fromarray((pixels.reshape(8, 8) * 15.9).astype("uint8")).resize((32, 32)).save(folder / f"{i}.png")
    (root / "[bold]0" / "torn.png").write_bytes(b"\x89PNG\r\n\x1a\n torn")
    return root


@pytest.fixture(scope="module")
def advisor(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Runs the command in an empty folder and returns the finished process."""
    elsewhere = tmp_path_factory.mktemp("elsewhere")

    def call(*arguments: str | Path, given: str = "") -> subprocess.CompletedProcess[str]:
        line = [sys.executable, "-m", "advisor.cli", *map(str, arguments)]
        return subprocess.run(
            line, env=environment, cwd=elsewhere, input=given, capture_output=True, text=True, timeout=240
        )

    return call


@contextmanager
def _written_to(out: IO[str], error: IO[str]) -> Iterator[None]:
    """Two files as stdout and stderr, also for what writes to their descriptors."""
    sys.stdout.flush(), sys.stderr.flush()
    saved = os.dup(1), os.dup(2)
    os.dup2(out.fileno(), 1), os.dup2(error.fileno(), 2)
    try:
        with redirect_stdout(out), redirect_stderr(error):
            yield
    finally:
        for number, descriptor in enumerate(saved, 1):
            os.dup2(descriptor, number)
            os.close(descriptor)


def _text(file: IO[str]) -> str:
    file.seek(0)
    return file.read()


@pytest.fixture(scope="module")
def called(home: Path) -> Callable[..., Ended]:
    """Calls the command in this process, which spares its imports; returns the exit status, stdout and stderr."""

    def call(*arguments: str | Path, given: str = "") -> Ended:
        with TemporaryFile("w+") as out, TemporaryFile("w+") as error, pytest.MonkeyPatch.context() as patch:
            patch.setenv("ADVISOR_HOME", str(home))
            patch.setattr(sys, "argv", ["advisor", *map(str, arguments)])
            patch.setattr(sys, "stdin", io.StringIO(given))
            with _written_to(out, error), pytest.raises(SystemExit) as end:
                main()
            return Ended(end.value.code, _text(out), _text(error))

    return call


@pytest.fixture(scope="module")
def answer(called: Callable[..., Ended]) -> Answer:
    """Calls a command with --json and returns its document; stdout must hold nothing else."""

    def call(*arguments: str | Path, given: str = "") -> Any:
        status, out, error = called(*arguments, "--json", given=given)
        assert not status, error
        return json.loads(out)

    return call


@pytest.fixture(scope="module")
def advised(answer: Answer, digits: Path) -> dict[str, Any]:
    """The advice on the digits."""
    document: dict[str, Any] = answer("advise", digits, *BUDGET)
    return document


@pytest.fixture(scope="module")
def trained(answer: Answer, digits: Path, advised: dict[str, Any]) -> dict[str, Any]:
    """A finished run of the frozen rung, after the advice that is there."""
    document: dict[str, Any] = answer("train", digits, "--rung", "frozen", "--budget", "60")
    return document


@pytest.fixture(scope="module", autouse=True)
def nothing_left_running(home: Path) -> Iterator[None]:
    """End this workspace's supervisor and workers, and no others."""
    yield
    import contextlib

    import psutil

    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.environ().get("ADVISOR_HOME") == str(home):
                process.kill()


def test_help_imports_nothing_heavy(environment: dict[str, str]) -> None:
    script = (
        "import sys\nsys.argv = ['advisor', '--help']\nfrom advisor.cli.main import main\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code\n"
        "heavy = {'torch', 'pandas', 'numpy', 'sklearn', 'pydantic', 'streamlit', 'transformers', 'timm'}\n"
        "sys.exit(' '.join(heavy & set(sys.modules)) or None)"
    )
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    for name in ("profile", "probe", "advise", "race", "train", "predict", "runs", "cache", "weights", "doctor", "app"):
        assert name in done.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ("nonsense",),
        ("advise",),
        ("advise", "x", "--budget", "soon"),
        ("advise", "x", "--price-point", "-1"),
        ("advise", "x", "--price-hour", "inf"),
        ("advise", "x", "--months", "0"),
        ("train", "x", "--rung", "best"),
        ("predict", "x"),
    ],
)
def test_usage_errors_are_status_2_with_nothing_on_stdout(
    called: Callable[..., Ended], arguments: tuple[str, ...]
) -> None:
    status, out, error = called(*arguments)
    assert (status, out) == (2, "")
    assert error


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("profile", "no/such/folder"), "no/such/folder"),
        (("profile", "no/such/folder"), "sample:handbook"),
        (("profile", "DIGITS", "--kind", "qa", "--question-column", "asked"), "no documents with text"),
        (("prompt", "no/such/folder", "--model", "endpoint"), "ADVISOR_LLM_BASE_URL"),
        (("ask", "no/such/folder", "Why?", "--model", "endpoint"), "ADVISOR_LLM_BASE_URL"),
        (("advise", "DIGITS", "--target", "95"), "share"),
        (("advise", "DIGITS", "--local-only", "--backbone", "endpoint"), "No data may leave"),
        (("race", "DIGITS", "--rungs", "frozen"), "two rungs"),
        (("advise", "DIGITS", "--budget", "1"), "budget"),
        (("advise", "DIGITS", "--rungs", "frozen,frosen"), "frosen"),
        (("probe", "DIGITS", "--backbone", "resnet19"), "resnet18"),
        (("runs", "show", "nothing"), "nothing"),
        (("predict", "nothing", "a.png"), "nothing"),
        (("weights", "nothing"), "nothing"),
    ],
)
def test_errors_of_the_user_are_one_sentence_and_status_1(
    called: Callable[..., Ended], digits: Path, arguments: tuple[str, ...], words: str
) -> None:
    status, out, error = called(*(digits if a == "DIGITS" else a for a in arguments), "--json")
    assert (status, out) == (1, ""), error
    assert words in error
    assert "Traceback" not in error


def test_a_process_that_fails_ends_as_a_call_does(advisor: Run) -> None:
    for arguments, status in ((("predict", "x"), 2), (("profile", "no/such/folder", "--json"), 1)):
        done = advisor(*arguments)
        assert (done.returncode, done.stdout) == (status, "")
        assert done.stderr and "Traceback" not in done.stderr


def test_no_escape_sequence_of_the_users_data_reaches_the_terminal(
    advisor: Run, called: Callable[..., Ended], tmp_path: Path
) -> None:
    status, _, error = called("profile", "no\x1b[31msuch\x9b1mfolder")
    assert status == 1 and "such" in error
    assert not {"\x1b", "\x9b"} & set(error)
    table = tmp_path / "texts.csv"
    labels = ("\x9b31mred", "\x1b]0;title\x07blue")
    table.write_text("text,label\n" + "".join(f"a text of number {n},{labels[n % 2]}\n" for n in range(60)))
    shown = advisor("profile", table)
    assert shown.returncode == 0 and "31mred" in shown.stdout
    assert not {"\x1b", "\x9b", "\x07"} & set(shown.stdout + shown.stderr)
    printed = advisor("profile", table, "--json").stdout
    assert not {"\x1b", "\x9b", "\x07"} & set(printed)
    assert json.loads(printed)["dataset"]["classes"] == ["31mred", "]0;titleblue"]


def test_profile_says_what_is_there_and_lists_what_is_set_aside(advisor: Run, answer: Answer, digits: Path) -> None:
    found = answer("profile", digits)
    dataset = found["dataset"]
    assert (dataset["kind"], dataset["items"], dataset["n_set_aside"]) == ("image", 180, 1)
    assert dataset["classes"] == ["[bold]0", "[bold]1", "[bold]4"]
    assert "torn.png" in dataset["set_aside"][0]["key"]
    shown = advisor("profile", digits)
    assert shown.returncode == 0
    assert "[bold]4" in shown.stdout
    assert "torn.png" in shown.stdout


def test_timings_say_where_the_time_went_and_where_that_of_kept_evidence_went(
    answer: Answer, called: Callable[..., Ended], digits: Path, advised: dict[str, Any]
) -> None:
    assert "timings" not in advised
    again = answer("advise", digits, *BUDGET, "--timings")["timings"]
    now, before = ({row["stage"]: row["seconds"] for row in again[part]} for part in ("stages", "measured"))
    assert {"listing", "forecast", "decision"} <= set(now)
    assert "forward" not in now
    assert {"forward", "decoding", "linear", "joined", "curve"} <= set(before)
    assert before["forward"] > 0
    printed = called("advise", digits, *BUDGET, "--timings")[1]
    assert "Where the time went" in printed
    assert "The evidence was measured before" in printed


def test_advice_has_a_number_and_a_reason_for_every_rung(advised: dict[str, Any]) -> None:
    advice = advised
    assert advice["dataset"].keys() >= {"kind", "items", "classes", "fingerprint"}
    assert [rung["rung"] for rung in advice["rungs"]] == ["prompting", "rag", "frozen", "fine-tune", "scratch"]
    assert advice["recommended"] in {rung["rung"] for rung in advice["rungs"] if rung["available"]}
    assert advice["seconds"] > 0
    assert advice["metric"] == "accuracy"
    keys = {"rung", "available", "value", "low", "high", "n", "provenance", "train_seconds", "reason"}
    for number, rung in enumerate(advice["rungs"]):
        assert rung.keys() >= keys
        assert rung["reason"]
        assert not rung["available"] or 0 <= rung["low"] <= rung["value"] <= rung["high"] <= 1
        steps = rung["place"] if rung["place"] is not None else number
        assert not rung["available"] or rung["utility"] == pytest.approx(
            100 * rung["value"] - advice["question"]["tolerance"] * steps
        )
        assert rung["costs"] == {} and rung["price_per_1000"] is None, "nothing has a price"
    assert all(flip.keys() >= {"what", "now", "value", "low", "high", "rung", "sentence"} for flip in advice["flips"])
    assert advice.keys() >= {"race", "exchange"}


def test_advice_weighs_the_users_prices_and_keeps_what_must_hold(
    answer: Answer, advisor: Run, digits: Path, trained: dict[str, Any]
) -> None:
    wishes = ("--weights-fixed", "--deadline", "3600", "--price-point", "7", "--predictions", "5000000",
              "--months", "3", "--price-hour", "9", "--currency", "EUR", "--tolerance", "0.5")  # fmt: skip
    found = answer("advise", digits, *BUDGET, *wishes, "--target", "0.5")
    prices, musts = found["question"]["prices"], found["question"]["constraints"]
    assert (prices["point"], prices["predictions_per_month"], prices["months"], prices["rung"]) == (
        7,
        5_000_000,
        3,
        None,
    )
    assert (prices["currency"], found["question"]["tolerance"]) == ("EUR", 0.5)
    assert (musts["weights_fixed"], musts["deadline_seconds"], musts["no_gpu"]) == (True, 3600, False)
    rungs = {rung["rung"]: rung for rung in found["rungs"]}
    assert rungs["fine-tune"]["blocked"] and rungs["scratch"]["blocked"] and not rungs["frozen"]["blocked"]
    assert found["recommended"] in ("prompting", "rag", "frozen")
    assert 0 <= rungs["frozen"]["p_target"] <= 1
    said = advisor("advise", digits, *BUDGET, *wishes, "--target", "0.5").stdout
    shown = " ".join(said.split())  # as long as it takes, over several lines
    assert "P(target)" in shown and "ruled out" in shown and "none may change" in shown
    assert "cost, EUR" in shown and "EUR over 3 months of predictions" in shown
    plain = advisor("advise", digits, *BUDGET)  # the plain question again, for the tests below
    assert plain.returncode == 0 and "P(better)" in plain.stdout
    assert not re.search(r"\b(utility|price|worth|cost,|EUR)\b", plain.stdout)


@pytest.mark.slow
def test_a_race_carries_out_two_rungs_and_keeps_the_better_one(
    answer: Answer, digits: Path, advised: dict[str, Any], trained: dict[str, Any]
) -> None:
    found = answer("race", digits, "--rungs", "frozen,rag", "--budget", "30")
    assert found["rungs"] == ["rag", "frozen"] == [report["rung"] for report in found["reports"]]
    values = {report["rung"]: report["validation"]["value"] for report in found["reports"]}
    assert found["kept"] == max(("rag", "frozen"), key=lambda rung: values[rung])
    assert found["run"] == next(r["run"] for r in found["reports"] if r["rung"] == found["kept"])
    assert "kept" in found["sentence"]


def test_advice_keeps_to_the_rungs_allowed_and_reads_well(advisor: Run, digits: Path, trained: dict[str, Any]) -> None:
    done = advisor("advise", digits, *BUDGET, "--rungs", "rag", "--target", "0.3")
    assert done.returncode == 0, done.stderr
    assert "→ Retrieval" in done.stdout
    assert "3 classes" in done.stdout


def test_probe_gives_each_number_its_n_interval_and_seconds(answer: Answer, digits: Path) -> None:
    found = answer("probe", digits, *BUDGET)
    assert found["backbone"] == "efficientnet-lite0"
    for result in found["results"]:
        assert result["low"] <= result["value"] <= result["high"]
        assert result["n"] > 0
        assert result["seconds"] >= 0


def test_train_reports_what_came_out_beside_what_was_promised(trained: dict[str, Any]) -> None:
    assert (trained["rung"], trained["state"]) == ("frozen", "done")
    assert trained["test"].keys() >= {"metric", "value", "low", "high", "n"}
    assert trained["promised"].keys() == {"value", "low", "high"}
    assert trained["test"]["value"] > 0.8, "three digits are easy"
    folder = Path(trained["directory"])
    assert folder.name == trained["run"]
    for name in ("plan.json", "model.json", "model.safetensors", "report.json", "manifest.json"):
        assert (folder / name).is_file()


def test_predict_answers_every_input_in_order(answer: Answer, trained: dict[str, Any], digits: Path) -> None:
    inputs = [digits / "[bold]4" / "3.png", digits / "[bold]0" / "7.png"]
    answers = answer("predict", trained["run"], *inputs)
    assert [entry["input"] for entry in answers] == [str(path) for path in inputs]
    assert [entry["label"] for entry in answers] == ["[bold]4", "[bold]0"]
    assert all(1 / 3 < entry["probability"] <= 1 for entry in answers)
    assert answer("predict", "last", "-", given=f"{inputs[0]}\n")[0] == answers[0]


def test_predict_names_an_image_that_cannot_be_read(advisor: Run, trained: dict[str, Any], digits: Path) -> None:
    done = advisor("predict", trained["run"], digits / "[bold]0" / "torn.png", "--json")
    assert (done.returncode, done.stdout) == (1, "")
    assert "torn.png" in done.stderr


def test_the_cache_is_shown_and_cleared(advisor: Run, answer: Answer, trained: dict[str, Any]) -> None:
    shown = answer("cache")
    assert shown == answer("cache", "show") and 0 < shown["used_bytes"] < shown["limit_bytes"]
    assert f"{shown['folder']} holds" in advisor("cache").stdout
    assert answer("cache", "clear")["freed_bytes"] >= shown["used_bytes"]
    assert answer("cache")["used_bytes"] == 0


def test_runs_are_listed_and_shown(advisor: Run, answer: Answer, trained: dict[str, Any]) -> None:
    assert trained["run"] in {entry["run"] for entry in answer("runs", "list")}
    assert answer("runs") == answer("runs", "list")
    shown = answer("runs", "show", trained["run"])
    assert shown["test"] == trained["test"]
    assert answer("runs", "stop", trained["run"])["state"] == "done"
    words = advisor("runs", "show", trained["run"])
    assert "test" in words.stdout
    assert "[bold]1" in words.stdout


def test_ctrl_c_leaves_the_run_at_work_until_it_is_stopped(
    environment: dict[str, str], answer: Answer, digits: Path, trained: dict[str, Any]
) -> None:
    line = [sys.executable, "-m", "advisor.cli", "train", str(digits), "--rung", "scratch", "--budget", "120"]
    with subprocess.Popen(line, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        said = ""
        while "has started" not in said:
            said = process.stderr.readline()
            assert said, "the command ended early"
        run = said.split()[1]
        process.send_signal(signal.SIGINT)
        out, error = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, "")
    assert f"advisor runs stop {run}" in error
    assert answer("runs", "show", run)["state"] in ("queued", "running")
    assert answer("runs", "stop", run)["state"] in ("stopping", "stopped")
    for _ in range(60):
        state = answer("runs", "show", run)["state"]
        if state != "stopping":
            break
    assert state == "stopped"


def test_weights_are_listed_with_licence_and_hash(advisor: Run, answer: Answer) -> None:
    rows = {row["name"]: row for row in answer("weights")}
    assert {"efficientnet-lite0", "all-MiniLM-L6-v2", "resnet18", "bert-base-uncased"} <= rows.keys()
    for row in rows.values():
        assert row.keys() >= {"name", "title", "size_bytes", "licence", "sha256", "installed"}
    assert "Apache-2.0" in advisor("weights").stdout


def test_weights_are_not_fetched_without_a_yes(advisor: Run, answer: Answer) -> None:
    missing = next((row["name"] for row in answer("weights") if not row["installed"]), None)
    if missing is None:
        pytest.skip("every backbone of the catalog is installed here")
    done = advisor("weights", missing)
    assert (done.returncode, done.stdout) == (1, "")
    assert "--yes" in done.stderr


@pytest.mark.slow
def test_doctor_gives_a_verdict_on_everything(answer: Answer, home: Path) -> None:
    checks = {check["name"]: check for check in answer("doctor")}
    assert {"Device", "Workspace", "Packages", "Runs"} <= checks.keys()
    assert {check["verdict"] for check in checks.values()} <= {"ok", "note", "warning"}
    assert str(home) in checks["Workspace"]["sentence"]


def test_a_reader_that_leaves_early_gets_no_traceback(environment: dict[str, str]) -> None:
    line = f"{sys.executable} -m advisor.cli weights --json | head -c 1"
    done = subprocess.run(["bash", "-c", line], env=environment, capture_output=True, text=True)
    assert done.stdout == "["
    assert "Traceback" not in done.stderr


def test_runs_show_says_how_often_a_run_was_interrupted() -> None:
    status = RunStatus(
        run="r", state="running", rung="frozen", dataset_name="digits", created="2026", directory="r", interruptions=2,
        stage="Training",
    )  # fmt: skip
    console = Console(file=io.StringIO(), width=200)
    show_runs.run(console, status)
    assert "Interrupted twice; it goes on from what it had kept." in console.file.getvalue()  # type: ignore[attr-defined]
