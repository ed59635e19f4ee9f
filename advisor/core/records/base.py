"""What every record has: frozen, strict about keys, versioned, JSON in and out; and the words they share."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from advisor.core import storage
from advisor.core.errors import StorageError
from advisor.core.kinds import Kind as Kind
from advisor.core.kinds import Metric as Metric

Part = Literal["train", "val", "test", "ood"]
Severity = Literal["note", "warning", "problem"]
State = Literal["queued", "running", "stopping", "stopped", "done", "failed"]
PARTS: tuple[Part, ...] = ("train", "val", "test", "ood")


class Record(BaseModel):
    """Base of the records: frozen, strict about keys, versioned, JSON in and out."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    schema_version: int = 1
    SCHEMA: ClassVar[int] = 1

    def save(self, path: str | Path) -> Path:
        """Write the record as JSON, atomically; returns where."""
        path = Path(path)
        storage.write_json(path, self.model_dump(mode="json"))
        return path

    @classmethod
    def upgraded(cls, content: dict[str, Any]) -> dict[str, Any]:
        """A file's content with the fields that its version did not write yet (`advisor.core.records.former`)."""
        return content

    @classmethod
    def saved(cls, path: Path) -> Self | None:
        """The record kept at `path`; None where there is none, or none that this version can read: it is made anew."""
        try:
            return cls.load(path) if path.is_file() else None
        except StorageError:
            return None

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a record back; raises StorageError for a damaged file or an unknown version.

        Where the folder has a manifest the file must have the hash in it.
        """
        path = Path(path)
        storage.check_manifest(path.parent, path.name)
        content = storage.read_object(path)
        if content.get("schema_version") != cls.SCHEMA:
            raise StorageError(
                f"{path} has schema version {content.get('schema_version')}, but this program reads version "
                f"{cls.SCHEMA}. Update Transfer Advisor, or make the file again."
            )
        try:
            return cls.model_validate(cls.upgraded(content))
        except ValidationError as error:
            raise StorageError(
                f"{path} is not a readable {cls.__name__} ({error.error_count()} wrong fields)."
            ) from error
