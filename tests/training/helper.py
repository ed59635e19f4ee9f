"""A worker as a launcher starts it, at a fit of fixed length: ``python helper.py FOLDER STEPS``.

Process 0 writes its weights and validation value into the folder.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

from safetensors.torch import save_file

from advisor.core.errors import ProcessLost
from advisor.training import parallel, states
from advisor.training.loop import fit, take_part
from advisor.training.problem import Problem
from advisor.training.settings import Callbacks, Settings
from tests.training.small_problems import contrast_problem, image_problem, learning_norm_problem, lite0_problem

MAKERS = {"tiny": image_problem, "norm": learning_norm_problem, "lite0": lite0_problem, "contrast": contrast_problem}


def problem_of(maker: str, dropout: bool = False) -> Problem:
    """The problem by its maker's name; without dropout, which differs between one process and two."""
    problem = MAKERS[maker]()
    for module in problem.network.modules():
        if type(module).__name__ == "Dropout" and not dropout:
            module.p = 0.0  # type: ignore[assignment]
    return problem


def main(folder: Path, steps: int, maker: str, dropout: bool, seconds_a_step: float) -> None:
    settings = Settings(1e-3, 1e-2, batch_size=9, steps=steps, n_evaluations=4, patience=0, average_last=0.3)
    with parallel.joined("cpu") as crew:
        if crew is not None and crew.rank > 0:
            take_part(crew)
            return

        def pause() -> bool:
            time.sleep(seconds_a_step)
            return False

        problem = problem_of(maker, dropout)
        callbacks = Callbacks(checkpoint=folder / "checkpoint", checkpoint_seconds=0.0, should_stop=pause)
        result = fit(problem, settings, callbacks)
        save_file({k: v.contiguous() for k, v in states.learned(problem.network).items()}, folder / "end.safetensors")
        (folder / "end.json").write_text(json.dumps({"value": result.value, "loss": result.loss}))


if __name__ == "__main__":
    status = 0
    try:
        main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4] == "dropout", float(sys.argv[5]))
    except ProcessLost as error:
        print(error, file=sys.stderr)
        status = 69
    sys.stderr.flush()
    os._exit(status)  # as the worker does: a library's thread that lingers must not change how it ends
