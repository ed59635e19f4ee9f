"""`make gpu-check`: every section in turn, a table as each ends, all rows in ``gpu-check/`` as CSV and JSON.

``python -m benchmarks.gpu_check extraction memory`` takes some sections only. Ends with 1 where a bound is missed, or a
section failed or ran out of its time.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

from advisor.core import storage
from benchmarks.figures import write_rows
from benchmarks.gpu_check.check import SECTIONS, Check, Row
from benchmarks.gpu_check.running import rows_of
from benchmarks.gpu_check.table import show, summary


def main() -> None:
    """Run the sections and leave what they found."""
    options = _options()
    # set for the child processes: nothing is fetched, and a message of the tokenizers does not fill the page
    os.environ.update(HF_HUB_OFFLINE="1", TOKENIZERS_PARALLELISM="false")
    from probes.device import device_facts, pick

    device = pick(options.device)
    facts = device_facts() | {"Device": device}
    small = device == "cpu" if options.size == "auto" else options.size == "small"
    print("\n".join(f"{title}: {value}" for title, value in facts.items()), flush=True)
    rows: list[Row] = []
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="gpu-check-", ignore_cleanup_errors=True) as folder:
        check = Check("cpu" if device == "mps" else device, small, Path(folder))
        for section in SECTIONS:
            if section.name in options.sections:
                found = rows_of(section, check)
                rows += found
                if any(row["holds"] == "failed" for row in found):
                    _keep(check.folder / f"{section.name}.log", options.out)
                show(section, found)
                _leave(options.out, facts, rows, small, time.monotonic() - started)
    print(f"\n{summary(rows, time.monotonic() - started)}\nAll rows are in {options.out.resolve()}.", flush=True)
    sys.exit(any(row["holds"] in ("no", "failed") for row in rows))


def _options() -> argparse.Namespace:
    names = [section.name for section in SECTIONS]
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gpu_check", description=__doc__)
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=", ".join(names))
    parser.add_argument("--device", default="auto", help="auto, cuda or cpu")
    parser.add_argument("--size", choices=("auto", "small", "full"), default="auto", help="auto: small without a GPU")
    parser.add_argument("--out", type=Path, default=Path("gpu-check"), help="folder of figures.csv and figures.json")
    options = parser.parse_args()
    unknown = [name for name in options.sections if name not in names]
    if unknown:
        parser.error(f"there is no section called {unknown[0]!r}; there are {', '.join(names)}")
    options.sections = options.sections or names
    return options


def _keep(log: Path, folder: Path) -> None:
    """The log of a section that failed, beside the rows."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(log, folder)


def _leave(folder: Path, facts: dict[str, str], rows: list[Row], small: bool, seconds: float) -> None:
    """Both files, written anew after each section, so that a check that is ended early leaves what it has."""
    folder.mkdir(parents=True, exist_ok=True)
    write_rows(folder / "figures.csv", rows)
    size = "small" if small else "full"
    storage.write_json(folder / "figures.json", {"facts": facts, "size": size, "seconds": round(seconds), "rows": rows})


if __name__ == "__main__":
    main()
