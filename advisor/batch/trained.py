"""Which columns a model learned from, as its dataset in the workspace tells."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from advisor.core.errors import PeopleError
from advisor.core.records import Dataset, Plan
from advisor.core.workspace import RunFiles
from advisor.data.store import open_dataset, planned


def trained_columns(folder: Path, spec: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """The columns by their roles; none where the dataset is not in this workspace, or came from a folder.

    folder: of the run or of an export; spec: its model.json.
    """
    with contextlib.suppress(PeopleError, KeyError):
        plan = RunFiles(folder).plan
        dataset = planned(Plan.load(plan)) if plan.is_file() else open_dataset(spec["dataset"]["fingerprint"])
        return dict(dataset.columns) or _named(dataset)
    return {}


def _named(dataset: Dataset) -> dict[str, tuple[str, ...]]:
    """The columns that the user named, of a dataset that a former version read."""
    named = {role: value for role, value in dataset.options.model_dump().items() if role.endswith("_column") and value}
    return {role: tuple(name.strip() for name in value.split(",")) for role, value in named.items()}
