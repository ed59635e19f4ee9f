"""Where the model of a run lies, however the run is named."""

from __future__ import annotations

from pathlib import Path

from advisor.core.errors import RunError
from advisor.core.workspace import RunFiles
from advisor.runs import climbs, store


def model_folder(run: str | Path) -> Path:
    """The folder of a finished run's model: by the run's id, its folder or an exported one, or the word ``last``.

    Raises RunError where there is no such run, or no model yet.
    """
    if not isinstance(run, (str, Path)):
        raise RunError(f"{run!r} is not a run. Give the id or the folder of a finished run, or the word last.")
    folder = Path(run)
    if RunFiles(folder).has_onnx_alone:
        return folder
    if (folder / "export.json").is_file() and not RunFiles(folder).model.is_file():
        raise RunError(
            f"{folder} holds a language model for other programs. Ask it there: python predict.py, python serve.py"
        )
    if not RunFiles(folder).model.is_file():
        folder = store.directory(climbs.kept_instead(store.last_finished()) if run == store.LAST else str(run))
    if not RunFiles(folder).model.is_file():
        raise RunError(f"Run {folder.name} has no model yet. `advisor runs` lists the runs and their states.")
    return folder
