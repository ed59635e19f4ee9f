"""The files that come with the advisor are found in a checkout and in an installed package."""

from __future__ import annotations

from pathlib import Path

import pytest

from advisor.core import resources
from advisor.core.errors import StorageError


def test_a_checkout_has_the_tables_and_the_handbook() -> None:
    assert (resources.data("ladderbench") / "outcomes.csv").is_file()
    assert (resources.handbook() / "01-the-ladder.md").is_file()


def test_an_installed_package_stands_in_for_the_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "kept_numbers"
    package.mkdir()
    (package / "some.csv").write_text("a,b\n1,2\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    found = resources._found("some.csv", tmp_path / "nowhere", "kept_numbers")
    assert found == package / "some.csv"
    with pytest.raises(StorageError, match=r"missing.csv is missing from this installation. Install transfer-advisor"):
        resources._found("missing.csv", tmp_path / "nowhere", "kept_numbers")
    with pytest.raises(StorageError, match="Install transfer-advisor again"):
        resources._found("some.csv", tmp_path / "nowhere", "no_such_package")
