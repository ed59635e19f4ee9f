"""Every row has its answer, whatever ends the process in between; the file appears whole."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from advisor.batch.parts import MANIFEST, Parts, Tally
from advisor.batch.predict import ROWS, predict_rows
from advisor.batch.rows import rows_of, rows_of_items
from advisor.core.errors import DatasetError, RunError
from advisor.rungs.saved.predictor import Predictor
from tests.rungs.saved_models import load_predictor

GOLDEN = Path(__file__).parents[1] / "rungs" / "golden" / "frozen-text-1"
TEXTS = ("Fry the onions in butter", "The goalkeeper saved the penalty")


@pytest.fixture(scope="module")
def model() -> Predictor:
    return load_predictor(GOLDEN)


@pytest.fixture(autouse=True)
def own_workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADVISOR_HOME", str(tmp_path / "home"))


def mails(path: Path, n: int) -> Path:
    rows = [(number, TEXTS[number % 2]) for number in range(n)]
    pd.DataFrame(rows, columns=["id", "text"]).to_csv(path, index=False)
    return path


def left(out: Path) -> list[str]:
    """What lies in the folder beside the answers."""
    return sorted(path.name for path in out.parent.iterdir() if path.name.startswith("."))


def test_rows_keep_their_columns_and_order_and_gain_the_answer(tmp_path: Path, model: Predictor) -> None:
    out = tmp_path / "answers.csv"
    seen: list[tuple[str, float]] = []
    done = predict_rows(
        model, rows_of(mails(tmp_path / "mails.csv", 5), "text"), out, progress=lambda *x: seen.append(x)
    )
    found = pd.read_csv(out)
    assert found["id"].tolist() == list(range(5))
    assert found["predicted_label"].tolist() == ["cooking", "sport"] * 2 + ["cooking"]
    assert (done.n_rows, done.counted, left(out)) == (5, {"cooking": 3, "sport": 2}, [])
    assert found["runner_up"].tolist() == ["sport", "cooking"] * 2 + ["sport"]
    shares = [share for _, share in seen]
    assert shares == sorted(shares) and shares[-1] == 1.0 and "of 5 rows" in seen[0][0]


def test_a_part_whose_rows_are_all_bad_does_not_end_the_rest(tmp_path: Path, model: Predictor) -> None:
    out = tmp_path / "answers.csv"
    done = predict_rows(model, rows_of_items(["", " "]), out)
    assert done.n_problems == 2 and pd.read_csv(out)["problem"].notna().all()


class Ended(Exception):
    """Stands for whatever ends a process in the middle."""


def test_what_was_predicted_is_taken_up_and_the_rest_is_the_same(tmp_path: Path, model: Predictor) -> None:
    table, n = mails(tmp_path / "mails.csv", 2 * ROWS + 10), 2 * ROWS + 10
    whole, out = tmp_path / "whole.csv", tmp_path / "answers.csv"
    predict_rows(model, rows_of(table, "text"), whole)

    def stop(sentence: str, share: float) -> None:
        if share > (ROWS + 1) / n:
            raise Ended

    with pytest.raises(Ended):
        predict_rows(model, rows_of(table, "text"), out, progress=stop)
    assert not out.exists() and left(out) == [".answers.csv.parts"]
    done = predict_rows(model, rows_of(table, "text"), out)
    assert done.n_taken_up == ROWS and done.n_rows == n
    same = [pd.read_csv(path).drop(columns=["probability", "runner_up_probability"]) for path in (out, whole)]
    assert same[0].equals(same[1]) and left(out) == []


@pytest.mark.parametrize("harm", ["part", "manifest", "other rows", "other model"])
def test_parts_that_are_damaged_or_answer_another_question_are_not_taken_up(tmp_path: Path, harm: str) -> None:
    out, question = tmp_path / "answers.csv", {"rows": 1, "model": 1}
    kept = Parts(out, question)
    with kept.held():
        kept.add(b"1,a\n", Tally(n_rows=1, counted={"a": 1}))
    again = Parts(out, question)
    with again.held():
        assert again.tally == Tally(n_rows=1, counted={"a": 1})
    if harm == "part":
        (kept.folder / kept.written[0]["name"]).write_bytes(b"1,b\n")
    elif harm == "manifest":
        (kept.folder / MANIFEST).write_bytes(b"{")
    else:
        question = {**question, harm.removeprefix("other "): 2}
    anew = Parts(out, question)
    with anew.held():
        assert anew.written == [] and anew.tally.n_rows == 0


def test_two_processes_do_not_write_the_same_answers(tmp_path: Path) -> None:
    out = tmp_path / "answers.csv"
    with Parts(out, {}).held(), pytest.raises(RunError, match="Another process"), Parts(out, {}).held():
        pass


def test_a_file_that_is_there_is_kept_unless_told(tmp_path: Path, model: Predictor) -> None:
    out = tmp_path / "answers.csv"
    out.write_text("mine")
    with pytest.raises(DatasetError, match="--replace"):
        predict_rows(model, rows_of_items([TEXTS[0]]), out)
    assert out.read_text() == "mine"
    predict_rows(model, rows_of_items([TEXTS[0]]), out, replace=True)
    assert "cooking" in out.read_text()


@pytest.mark.slow
def test_a_kill_in_the_middle_loses_one_part_at_most(tmp_path: Path) -> None:
    table, out = mails(tmp_path / "mails.csv", 8 * ROWS), tmp_path / "answers.csv"
    command = [sys.executable, "-m", "advisor.cli", "predict", str(GOLDEN), str(table), "--out", str(out), "--json"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    manifest = tmp_path / f".{out.name}.parts" / MANIFEST
    while not manifest.exists():
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not out.exists()
    subprocess.run(command, check=True, env=os.environ, stdout=subprocess.DEVNULL)
    found = pd.read_csv(out)
    assert found["id"].tolist() == list(range(8 * ROWS))
    assert found["predicted_label"].tolist() == ["cooking", "sport"] * (4 * ROWS) and left(out) == []


@pytest.mark.slow
def test_ten_times_the_rows_take_no_more_memory(tmp_path: Path) -> None:
    """Measured on what Python itself holds: the network's own memory is the same for every part."""
    script = (
        "import sys, tracemalloc\nfrom pathlib import Path\n"
        "from advisor.batch.predict import predict_rows\nfrom advisor.batch.rows import rows_of\n"
        "from tests.batch.counting import Counting\n"
        "tracemalloc.start()\n"
        "predict_rows(Counting(), rows_of(sys.argv[1], 'text'), Path(sys.argv[2]))\n"
        "print(tracemalloc.get_traced_memory()[1])\n"
    )
    peaks = []
    for n in (10_000, 100_000):
        table = mails(tmp_path / f"{n}.csv", n)
        command = [sys.executable, "-c", script, str(table), str(tmp_path / f"{n}-answers.csv")]
        root = Path(__file__).parents[2]
        peaks.append(int(subprocess.run(command, check=True, capture_output=True, text=True, cwd=root).stdout))
    assert peaks[1] < 1.5 * peaks[0] + 2_000_000, peaks
