"""Models that are a language model behind a prompt: what can leave of them, and what cannot."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from advisor.core.errors import RunError
from advisor.core.records import Dataset
from advisor.export.records import Exported, Form
from probes.progress import Progress


def is_language(spec: dict[str, Any]) -> bool:
    """Whether the model answers by a language model, or answers questions."""
    return spec["kind"] == "qa" or spec["weights"] == "prompt"


def export(
    run: Path, form: Form, spec: dict[str, Any], dataset: Dataset | None, to: Path, progress: Progress
) -> Exported:
    raise RunError("later")
