"""A file that is no record says so in one kind of error, whatever it holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from advisor.advice.record.decision import DecisionRecord
from advisor.core import records
from advisor.core.errors import StorageError
from advisor.core.records import Prices, Record

KINDS = [
    *(kind for kind in vars(records).values() if isinstance(kind, type) and issubclass(kind, Record)),
    DecisionRecord,
]


@pytest.mark.parametrize("content", ["[]", "null", "3", '"text"', "{", "", "{}"])
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind is not Record])
def test_a_file_that_holds_no_record_is_named(kind: type[Record], content: str, tmp_path: Path) -> None:
    path = tmp_path / "record.json"
    path.write_text(content)
    with pytest.raises(StorageError, match=r"record\.json"):
        kind.load(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="does not exist"):
        Record.load(tmp_path / "record.json")


def test_a_record_is_saved_and_loaded_by_a_path_in_words(tmp_path: Path) -> None:
    path = str(tmp_path / "prices.json")
    assert Prices(point=7).save(path) == Path(path)
    assert Prices.load(path) == Prices(point=7)
