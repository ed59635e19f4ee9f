"""A table that cannot be read back is named, whatever is wrong with it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from advisor.core.errors import StorageError
from advisor.core.tables import read_table, write_table

TABLE = pd.DataFrame({"key": ["a", None], "n": [1.5, float("nan")], "flag": [True, False]})


def test_a_table_is_read_back_as_it_was(tmp_path: Path) -> None:
    write_table(tmp_path / "below" / "a.parquet", TABLE)
    pd.testing.assert_frame_equal(read_table(tmp_path / "below" / "a.parquet"), TABLE)


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
        lambda path: path.write_bytes(b""),
        lambda path: path.write_text("[]"),
        lambda path: path.unlink(),
        lambda path: (path.unlink(), path.mkdir()),
    ],
)
def test_damage_is_named(tmp_path: Path, damage: Callable[[Path], object]) -> None:
    path = tmp_path / "a.parquet"
    write_table(path, TABLE)
    damage(path)
    with pytest.raises(StorageError, match=r"a\.parquet"):
        read_table(path)
