"""Features, head and predictions on shards: whole after kills, right beside what is computed in one piece."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from advisor.core.errors import DatasetError
from advisor.data.reading import read
from advisor.sharded import features, head
from advisor.sharded.items import Shards
from advisor.sharded.line import on_shards
from advisor.sharded.work import MANIFEST, Manifest

pytestmark = pytest.mark.usefixtures("workspace")


def noted(out: Path) -> dict[str, dict[str, object]]:
    try:
        lines = (out / "features" / MANIFEST).read_text().splitlines()[1:]
    except OSError:
        return {}
    return {str(entry["shard"]): entry for entry in map(json.loads, lines)}


def test_digits_are_told_apart_and_every_item_is_predicted_once(digit_shards: Path, tmp_path: Path) -> None:
    done = on_shards(digit_shards, tmp_path / "out", input_size=64, device="cpu")
    assert done.n_predicted == 600 and not done.problems and done.fitted.n == 500 and done.fitted.n_held_out == 100
    assert done.fitted.accuracy > 0.6, "chance is 0.1"
    tables = [pq.read_table(path) for path in sorted((tmp_path / "out" / "predictions").glob("*.parquet"))]
    labels = np.concatenate([table["label"].to_numpy(zero_copy_only=False) for table in tables])
    own = np.concatenate([Shards.of(digit_shards).labels(shard) for shard in range(6)])
    assert np.array_equal(labels, own)
    assert head.Fitted.load(tmp_path / "out").classes == done.fitted.classes


def test_a_later_call_does_only_what_is_missing(digit_shards: Path, tmp_path: Path) -> None:
    first = on_shards(digit_shards, tmp_path / "out", input_size=64, device="cpu")
    before, kept = noted(tmp_path / "out"), tmp_path / "out" / "features"
    changed = {path.name: path.stat().st_mtime_ns for path in kept.glob("*.parquet")}
    (kept / "000002.parquet").unlink()
    (kept / "000004.parquet").write_bytes(b"cut off")
    again = on_shards(digit_shards, tmp_path / "out", input_size=64, device="cpu")
    assert np.array_equal(first.fitted.head.weight, again.fitted.head.weight)
    redone = {path.name for path in kept.glob("*.parquet") if path.stat().st_mtime_ns != changed[path.name]}
    assert redone == {"000002.parquet", "000004.parquet"}
    after = noted(tmp_path / "out")
    assert [after[shard]["sha256"] for shard in before] == [entry["sha256"] for entry in before.values()]


def test_an_unreadable_shard_and_an_unreadable_image_are_findings(digit_shards: Path, tmp_path: Path) -> None:
    (digit_shards / "part-3.parquet").write_bytes(b"PAR1 no longer")
    path = digit_shards / "part-4.parquet"
    rows = pq.read_table(path).to_pylist()
    rows[7]["image"]["bytes"] = b"no image"
    import pyarrow as pa

    pq.write_table(pa.Table.from_pylist(rows), path)
    done = on_shards(digit_shards, tmp_path / "out", input_size=64, device="cpu")
    assert done.n_predicted == 499 and len(done.problems) == 1 and "part-3.parquet cannot be read" in done.problems[0]
    assert noted(tmp_path / "out")["4"]["unreadable"] == 1


def test_another_backbone_size_begins_anew(digit_shards: Path, tmp_path: Path) -> None:
    shards = Shards.of(digit_shards)
    from probes.backbones import catalog

    entry = catalog.default("image")
    one = features.extract(shards, tmp_path / "features", entry, 32)
    assert len(Manifest.open(tmp_path / "features", one.question).done) == 6
    assert not Manifest.open(tmp_path / "features", {**one.question, "preprocessing": "other"}).done


def test_a_sample_is_a_dataset_of_the_usual_line(digit_shards: Path, tmp_path: Path) -> None:
    path = Shards.of(digit_shards).sample(120, tmp_path / "sample" / "sample.parquet")
    dataset = read(path)
    assert dataset.kind == "image" and len(dataset.items) == 120 and len(dataset.classes) == 10


def test_a_folder_that_holds_nothing_to_read_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="holds no Parquet files"):
        Shards.of(tmp_path)
    import pyarrow as pa

    pq.write_table(pa.table({"a": [1]}), tmp_path / "x.parquet")
    with pytest.raises(DatasetError, match="has the columns a"):
        Shards.of(tmp_path)


@pytest.mark.slow
def test_two_processes_give_the_features_of_one_also_after_a_kill(digit_shards: Path, tmp_path: Path) -> None:
    whole = on_shards(digit_shards, tmp_path / "whole", input_size=64, device="cpu")
    code = "import sys\nfrom pathlib import Path\nfrom advisor.sharded.line import on_shards\n"
    code += "if __name__ == '__main__': on_shards(*map(Path, sys.argv[1:]), input_size=64, device='cpu', n_processes=2)"
    script = tmp_path / "script.py"
    script.write_text(code)
    command = [sys.executable, str(script), str(digit_shards), str(tmp_path / "out")]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    process = subprocess.Popen(command, env=environment, start_new_session=True)
    end = time.monotonic() + 200
    while not noted(tmp_path / "out") and time.monotonic() < end:
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    before = noted(tmp_path / "out")
    assert 1 <= len(before) < 6
    subprocess.run(command, env=environment, check=True, timeout=250)
    after = noted(tmp_path / "out")
    assert len(after) == 6 and all(after[shard] == entry for shard, entry in before.items())
    one = np.concatenate([block for _, block, _ in features.blocks(_of(tmp_path / "whole"), list(range(6)))])
    two = np.concatenate([block for _, block, _ in features.blocks(_of(tmp_path / "out"), list(range(6)))])
    np.testing.assert_allclose(two, one, rtol=1e-3, atol=1e-3)
    assert whole.n_predicted == 600


def _of(out: Path) -> Manifest:
    return Manifest(out / "features", {})
