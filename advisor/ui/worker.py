"""`python -m advisor.ui.worker`: a process that measures and predicts for the dashboard and holds the models.

Context: what loads models would leave a gigabyte or more in the server for good, and a thread cannot be ended. So the
server (`advisor.ui.workers`) sends work to a process like this one, ends it to cancel, and ends it when it is idle.

Work and answers travel as pickles through the process's own pipes, which nobody else reads or writes.
"""

from __future__ import annotations

import os
import pickle
import sys
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Literal

from advisor.core import reach, workspace
from advisor.core.errors import PeopleError
from probes.progress import Progress

Work = Callable[..., Any]


@dataclass(frozen=True)
class Task:
    """Work to do: a function of a module, called with ``progress=`` alone, in somebody's workspace.

    ``environment``: that of the server now. ``roots``: the folders whose files may be read; None: all.
    """

    work: Work
    workspace: Path
    environment: Mapping[str, str]
    roots: tuple[str, ...] | None


@dataclass(frozen=True)
class Told:
    """How far the work is."""

    sentence: str
    share: float


@dataclass(frozen=True)
class Ended:
    """What came of the work: its result, or why there is none.

    ``how``: "refused" carries a sentence for people as the result, "failed" what went wrong inside the program, with
    its ``trace``.
    """

    how: Literal["done", "refused", "failed"]
    result: Any
    trace: str = ""


def main() -> None:
    """Do one task after the other until the pipe is closed."""
    tasks, answers = sys.stdin.buffer, _own_output()
    while True:
        try:
            task: Task = pickle.load(tasks)
        except EOFError:
            return
        _act_for(task)
        _send(answers, outcome(task.work, lambda sentence, share: _send(answers, Told(sentence, share))))


def outcome(work: Work, tell: Progress) -> Ended:
    """Do the work; never raises."""
    try:
        return Ended("done", work(progress=tell))
    except PeopleError as error:
        return Ended("refused", str(error))
    except Exception as error:
        return Ended("failed", f"{type(error).__name__}: {error}", traceback.format_exc())


def _act_for(task: Task) -> None:
    """Take the server's environment, its limits and the visitor's workspace for this task."""
    os.environ.clear()
    os.environ.update(task.environment)
    workspace.share(lambda whole: task.workspace)
    roots = task.roots
    reach.limit(None if roots is None else lambda: roots)


def _own_output() -> BinaryIO:
    """The pipe for answers; what anything prints goes where errors go."""
    pipe = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return pipe


def _send(pipe: BinaryIO, message: Told | Ended) -> None:
    pipe.write(pickle.dumps(message))
    pipe.flush()


if __name__ == "__main__":
    # as the module that the server unpickles from, not as __main__
    from advisor.ui.worker import main as start

    start()
