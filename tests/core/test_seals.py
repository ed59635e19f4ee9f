"""A file that was sealed is told from any other, byte by byte; one that never was passes."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.core import seals, storage
from advisor.core.errors import StorageError
from advisor.core.tables import read_table, write_table

TABLE = pd.DataFrame({"key": ["a", "b"], "text": ["seal: " + "0" * 64, "é"], "n": [1, 2]})


@given(st.binary(max_size=200), st.binary(max_size=40), st.data())
def test_every_other_byte_is_noticed(before: bytes, after: bytes, data: st.DataObject) -> None:
    content = seals.sealed(before + b'"seal": "' + seals.BLANK.encode() + b'"' + after)
    assert seals.holds(content)
    place = data.draw(st.integers(0, len(content) - 1))
    in_seal = len(before) <= place < len(before) + 9 + 64  # another seal or none: the content itself is whole
    changed = bytearray(content)
    changed[place] ^= 1 << data.draw(st.integers(0, 7))
    assert in_seal or not seals.holds(bytes(changed))


def test_a_json_object_carries_its_seal_and_is_read_without_it(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    storage.write_json(path, {"a": 1})
    assert list(json.loads(path.read_text())) == ["a", "seal"]
    assert storage.read_json(path) == {"a": 1}
    path.write_text(path.read_text().replace("1", "2", 1))
    with pytest.raises(StorageError, match=r"a\.json is damaged"):
        storage.read_json(path)


def test_files_of_former_versions_have_no_seal_and_pass(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"a": 1}')
    assert storage.read_json(tmp_path / "a.json") == {"a": 1}
    TABLE.to_parquet(tmp_path / "a.parquet", index=False)
    assert read_table(tmp_path / "a.parquet").equals(TABLE)


def test_no_flipped_byte_of_a_table_passes(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    write_table(path, TABLE)
    content = path.read_bytes()
    for place in range(0, len(content), 3):
        path.write_bytes(content[:place] + bytes([content[place] ^ 8]) + content[place + 1 :])
        try:
            table = read_table(path)
        except StorageError as error:
            assert str(path) in str(error)
        else:
            assert table.equals(TABLE)  # only the seal's own name was hit
