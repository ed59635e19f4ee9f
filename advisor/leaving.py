"""A run's model leaves this program: written for others, or pushed to a model hub."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from advisor.runs.model_folder import model_folder
from probes.progress import Progress, silent

if TYPE_CHECKING:
    from advisor.exports.records import Exported

#: What the package itself offers of this module.
PUBLIC = ("export", "publish")


def export(
    run: str | Path, format: str = "onnx", to: str | Path | None = None, *, progress: Progress = silent
) -> Exported:
    """Write a run's model for programs other than this one, checked on the run's own test items (docs/export.md).

    run: as `advisor.load` takes it. format: onnx, safetensors, or folder for both with scripts, card, record and
    licences. to: the folder, named after the run by default. Raises RunError where the model cannot leave so, or an
    extra is missing; StorageError where the folder holds something else.
    """
    from advisor.exports.export import export as write

    return write(model_folder(run), format, to, progress)


def publish(
    run: str | Path, repo: str, *, private: bool = True, token: str | None = None, progress: Progress = silent
) -> str:
    """Push a run's exported folder, or a folder that was exported whole before, to a model hub; returns its address.

    repo: name or owner/name. token: by default that of ``hf auth login`` or HF_TOKEN. Raises RunError without a token,
    and where the hub refuses or is not reached.
    """
    from advisor.exports.export import exported_in
    from advisor.exports.publish import publish as push

    folder = Path(run) if exported_in(run) is not None else model_folder(run)
    return push(folder, repo, private=private, token=token, progress=progress)
