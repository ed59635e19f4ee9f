"""Commands of the advisor run in a forked child, hundreds of them in a few minutes: their answer, words and status.

A child is forked from this process, in which the libraries are imported and have computed nothing, so a command takes
what it takes and no import. It gives up the right of root to read and write everything, so that permissions count.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from sklearn.datasets import load_digits

_CAPSET, _VERSION = 126, 0x20080522  # of 64-bit Linux; linux/capability.h
_DAC_OVERRIDE, _DAC_READ_SEARCH = 1, 2


@dataclass(frozen=True)
class Said:
    """What a command did: its exit status, stdout, and stderr."""

    status: int
    stdout: str
    stderr: str

    @property
    def answer(self) -> Any:
        """The JSON document; None where it failed."""
        try:
            return json.loads(self.stdout) if self.status == 0 else None
        except ValueError:
            return None

    @property
    def is_traceback(self) -> bool:
        """Whether a fault of the program was reported, or the process died."""
        return "Traceback" in self.stderr or "fault of the program" in self.stderr or self.status not in (0, 1)

    @property
    def sentence(self) -> str:
        """What the command said that failed."""
        return next((line for line in reversed(self.stderr.splitlines()) if line.startswith("Error: ")), "")


def run(home: Path, *arguments: str, stdout: str | None = None) -> Said:
    """Run ``advisor ARGUMENTS`` with the workspace `home`; stdout: a device or file that takes the answer instead."""
    _imported()
    with tempfile.TemporaryDirectory(prefix="advisor-said-") as folder:
        out, err = Path(folder) / "out", Path(folder) / "err"
        child = os.fork()
        if child == 0:
            _become(home, list(arguments), stdout or str(out), str(err))
        _, status = os.waitpid(child, 0)
        words = out.read_text(errors="replace") if out.exists() else ""
        return Said(os.waitstatus_to_exitcode(status), words, err.read_text(errors="replace"))


def _become(home: Path, arguments: list[str], out: str, err: str) -> None:
    """Turn this forked child into the command; never returns."""
    status = 1
    try:
        os.dup2(os.open(out, os.O_WRONLY | os.O_CREAT, 0o644), 1)
        os.dup2(os.open(err, os.O_WRONLY | os.O_CREAT, 0o644), 2)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        sys.stdout, sys.stderr = os.fdopen(1, "w", closefd=False), os.fdopen(2, "w", closefd=False)
        os.environ["ADVISOR_HOME"] = str(home)
        os.environ["HF_HUB_OFFLINE"] = "1"
        sys.argv = ["advisor", *arguments]
        _give_up_root()
        _alone()
        from advisor.cli.main import main

        main()
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException as error:
        print(f"Traceback: {error!r}", file=sys.stderr)
    finally:
        with contextlib.suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(status)


def _give_up_root() -> None:
    """Drop the capabilities that let root pass by permissions; without them nothing changes."""
    if os.geteuid() != 0:
        return
    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(_VERSION, 0)
    words = [0xFFFFFFFF & ~(1 << _DAC_OVERRIDE | 1 << _DAC_READ_SEARCH), 0xFFFFFFFF]
    known = (ctypes.c_uint32 * 6)()
    libc.syscall(_CAPSET - 1, header, known)
    data = (ctypes.c_uint32 * 6)(*known)
    for half in (0, 1):
        for kind in (0, 1):  # effective, and permitted, by which access(2) judges for root
            data[3 * half + kind] = known[3 * half + kind] & words[half]
    libc.syscall(_CAPSET, header, data)


def _alone() -> None:
    """One thread: two processes of as many threads as cores would wait for each other."""
    import torch
    from threadpoolctl import threadpool_limits

    torch.set_num_threads(1)
    threadpool_limits(1)


@cache
def _imported() -> None:
    """Import what commands import, once."""
    for name in ("sklearn.linear_model", "timm", "torch", "transformers", "advisor.doctor"):
        importlib.import_module(name)
    for name in ("main", "show", "show_advice", "show_issues", "show_runs"):
        importlib.import_module(f"advisor.cli.{name}")


def digits(folder: Path, n: int = 24) -> Path:
    """`n` scans of each of three digits as PNG files, in a folder per class."""
    from PIL import Image

    images, labels = load_digits(return_X_y=True)
    for label in (0, 1, 4):
        (folder / str(label)).mkdir(parents=True)
        for i, pixels in enumerate(images[labels == label][:n]):
            Image.fromarray((pixels.reshape(8, 8) * 15.9).astype("uint8")).save(folder / str(label) / f"{i}.png")
    return folder


@contextlib.contextmanager
def workplace() -> Iterator[Path]:
    """A folder for workspaces and data, deleted afterwards."""
    with tempfile.TemporaryDirectory(prefix="advisor-faults-") as folder:
        yield Path(folder)
