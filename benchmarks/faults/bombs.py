"""Small files that unpack to gigabytes: the peak memory of a fresh `advisor profile`, and whether it says a sentence.

The same is measured of honest large tables, which are read and profiled.
"""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks.figures import Figure

#: A bomb may cost so much more memory than a table of forty rows, and an honest table of a million rows likewise.
MOST_GB = 2.0
#: A process that passes this is stopped, so that a bomb does not take the machine along.
STOP_GB = 8.0
N_ROWS = 1_000_000
BLOCK = 10_000


@dataclass(frozen=True)
class Ending:
    """How a process ended: its peak of resident memory, its exit status and what it printed."""

    peak_gb: float
    status: int
    output: str
    seconds: float

    @property
    def says_a_sentence(self) -> bool:
        """Whether it was refused in a sentence, without a traceback and without being stopped."""
        return self.status == 1 and "Traceback" not in self.output and self.output.rstrip().endswith(".")


def figures() -> Iterator[Figure]:
    """Peak of each bomb and honest table above that of a tiny table, and how many bombs ended in a sentence."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        idle = profiled(_tiny(folder)).peak_gb
        endings = []
        for what, write in TABLE_BOMBS.items():
            path = write(folder)
            ending = profiled(path)
            endings.append(ending)
            how = f"{_size(path)}, {ending.seconds:.0f} s: {_last_line(ending.output)}"
            yield Figure("bombs", what, ending.peak_gb - idle, "GB above idle", "at most", (MOST_GB,), how)
            path.unlink()
        n_sentences = sum(ending.says_a_sentence for ending in endings)
        yield Figure(
            "bombs", "tables refused in a sentence", n_sentences, "tables", "at least", (len(endings),),
            f"{len(endings)} tables that unpack to gigabytes, millions of columns or deep nesting",
        )  # fmt: skip
        for what, write in HONEST.items():
            path = write(folder)
            ending = profiled(path)
            how = f"{_size(path)}, {ending.seconds:.0f} s, exit status {ending.status}"
            yield Figure("bombs", what, ending.peak_gb - idle, "GB above idle", "at most", (MOST_GB,), how)
            path.unlink()


def profiled(path: Path) -> Ending:
    """Run `advisor profile` on a path in a workspace of its own and watch its memory."""
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "ADVISOR_HOME": home, "COLUMNS": "1000"}
        command = [sys.executable, "-m", "advisor.cli.main", "profile", str(path)]
        started = time.monotonic()
        process = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
        )
        peak = [0.0]
        watcher = threading.Thread(target=_watch, args=(psutil.Process(process.pid), peak))
        watcher.start()
        output, _ = process.communicate()
        watcher.join()
        return Ending(peak[0], process.returncode, output, time.monotonic() - started)


def _watch(process: psutil.Process, peak: list[float]) -> None:
    """Keep the largest resident memory of a process, in GB; kill it past STOP_GB."""
    try:
        while process.status() != psutil.STATUS_ZOMBIE:
            peak[0] = max(peak[0], process.memory_info().rss / 1e9)
            if peak[0] > STOP_GB:
                process.kill()
            time.sleep(0.01)
    except psutil.NoSuchProcess:
        return


def _tiny(folder: Path) -> Path:
    path = folder / "tiny.csv"
    path.write_text("text,label\n" + "".join(f"text number {i},{'ab'[i % 2]}\n" for i in range(40)))
    return path


def _csv_of_3_gb(folder: Path) -> Path:
    path = folder / "long.csv.gz"
    block = "".join(f"one of many rows {i},{'ab'[i % 2]}\n" for i in range(1000)).encode()
    with gzip.open(path, "wb", compresslevel=6) as stream:
        stream.write(b"text,label\n")
        for _ in range(3_000_000_000 // len(block)):
            stream.write(block)
    return path


def _json_lines_of_3_gb(folder: Path) -> Path:
    path = folder / "long.jsonl.gz"
    block = b'{"text": "one of many rows", "label": "a"}\n' * BLOCK
    with gzip.open(path, "wb", compresslevel=6) as stream:
        for _ in range(3_000_000_000 // len(block)):
            stream.write(block)
    return path


def _parquet_of_60_million_rows(folder: Path) -> Path:
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = folder / "many.parquet"
    rows = pa.table({"text": pa.array(["one of a few texts", "another"] * 500_000), "label": ["a", "b"] * 500_000})
    with pq.ParquetWriter(path, rows.schema, compression="zstd") as writer:
        for _ in range(60):
            writer.write_table(rows)
    return path


def _parquet_of_one_long_text(folder: Path) -> Path:
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = folder / "repeated.parquet"
    rows = pa.table({"text": pa.array(["x" * 1_000_000] * 4000), "label": ["a", "b"] * 2000})
    pq.write_table(rows, path, compression="zstd")
    return path


def _columns(folder: Path) -> Path:
    path = folder / "wide.csv"
    header = ",".join(f"c{i}" for i in range(200_000))
    row = ",".join("1" for _ in range(200_000))
    path.write_text("\n".join([header, *[row] * 20]))
    return path


def _one_cell(folder: Path) -> Path:
    path = folder / "cell.csv.gz"
    return _packed(path, b'text,label\n"', b"a " * 500_000, b'",x\n')


def _deep_json(folder: Path) -> Path:
    path = folder / "deep.json"
    path.write_text('[{"text": ' + "[" * 5_000_000 + "]" * 5_000_000 + ', "label": "a"}]')
    return path


def _json_of_empty_objects(folder: Path) -> Path:
    path = folder / "empty.json.gz"
    return _packed(path, b"[", b'{"a":{}},' * 100_000, b"{}]")


def _packed(path: Path, start: bytes, block: bytes, end: bytes) -> Path:
    """A compressed file of a start, a block a thousand times over, and an end."""
    with gzip.open(path, "wb", compresslevel=6) as stream:
        stream.write(start)
        for _ in range(1000):
            stream.write(block)
        stream.write(end)
    return path


def _keys(folder: Path) -> Path:
    path = folder / "keys.jsonl"
    path.write_text("".join(json.dumps({f"k{i}": i, "text": f"text {i}"}) + "\n" for i in range(200_000)))
    return path


def _honest_csv(folder: Path) -> Path:
    path = folder / "rows.csv"
    with path.open("w") as stream:
        stream.write("text,label\n")
        stream.writelines(f"order {i} of customer {i * 7919 % 9973} came late,{'abcd'[i % 4]}\n" for i in range(N_ROWS))
    return path


def _honest_parquet(folder: Path) -> Path:
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = folder / "rows.parquet"
    texts = [f"order {i} of customer {i * 7919 % 9973} came late" for i in range(N_ROWS)]
    pq.write_table(pa.table({"text": texts, "label": [i % 4 for i in range(N_ROWS)]}), path)
    return path


TABLE_BOMBS: dict[str, Callable[[Path], Path]] = {
    "a .csv.gz of 3 GB": _csv_of_3_gb,
    "a .jsonl.gz of 3 GB": _json_lines_of_3_gb,
    "a Parquet of 60 million rows": _parquet_of_60_million_rows,
    "a Parquet of one long text, 4,000 times": _parquet_of_one_long_text,
    "a CSV of 200,000 columns": _columns,
    "a cell of 1 GB": _one_cell,
    "a JSON nested five million deep": _deep_json,
    "a .json.gz of 100 million objects": _json_of_empty_objects,
    "200,000 JSON objects without a key in common": _keys,
}
HONEST: dict[str, Callable[[Path], Path]] = {
    f"a CSV of {N_ROWS:,} short rows": _honest_csv,
    f"a Parquet of {N_ROWS:,} short rows": _honest_parquet,
}


def _size(path: Path) -> str:
    return f"{path.stat().st_size / 1e6:.1f} MB"


def _last_line(output: str) -> str:
    lines = [line for line in output.splitlines() if line.strip()]
    return lines[-1].replace(str(Path(tempfile.gettempdir())), "")[:160] if lines else "nothing said"
