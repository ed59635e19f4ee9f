"""The decision record of a run's dataset, beside the model; where the advice is still known."""

from __future__ import annotations

from pathlib import Path

from advisor.advice.record.decision import decision_record
from advisor.advice.record.written import written
from advisor.core import storage
from advisor.core.errors import PeopleError
from advisor.core.records import Advice, Dataset, Evidence, Plan, Profile


def write_record(dataset: Dataset, plan: Plan, to: Path) -> bool:
    """Write decision.md and decision.json; False where advice or evidence are gone or about something else."""
    advice, evidence = Advice.saved(dataset.files.advice), Evidence.saved(dataset.files.evidence)
    if advice is None or evidence is None:
        return False
    try:
        record = decision_record(dataset, Profile.saved(dataset.files.profile), evidence, advice, plan)
    except PeopleError:
        return False
    storage.write_bytes(to / "decision.md", written(record, "md").encode())
    storage.write_bytes(to / "decision.json", written(record, "json").encode())
    return True
