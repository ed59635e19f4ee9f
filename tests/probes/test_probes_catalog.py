from __future__ import annotations

from pathlib import Path

import pytest

from probes.backbones import catalog
from probes.errors import BackboneError


def test_defaults_are_the_first_of_their_kind_and_packaged() -> None:
    assert catalog.default("image").name == "efficientnet-lite0"
    assert catalog.default("text").name == "all-MiniLM-L6-v2"
    assert all(catalog.default(kind).package for kind in ("image", "text"))


def test_names_are_unique_whatever_their_case_and_are_found_so() -> None:
    names = [entry.name.lower() for entry in catalog.CATALOG]
    assert len(set(names)) == len(names)
    for entry in catalog.CATALOG:
        assert catalog.find(entry.name.upper()) is entry
        assert entry.licence
        assert entry.size_bytes > 0


def test_an_unknown_name_gets_the_nearest_and_the_full_list() -> None:
    with pytest.raises(BackboneError) as raised:
        catalog.find("efficientnet-lite9", "image")
    message = str(raised.value)
    assert "Did you mean efficientnet-lite" in message
    for entry in catalog.CATALOG:
        assert (entry.name in message) == (entry.kind == "image")


@pytest.mark.parametrize("name", ["", "/", "/nowhere/at/all", "../x", "a/b/c", "vgg-16x"])
def test_odd_names_are_an_error_for_people(name: str) -> None:
    with pytest.raises(BackboneError):
        catalog.find(name)


def test_a_backbone_of_the_other_kind_is_refused() -> None:
    with pytest.raises(BackboneError, match="dataset is text"):
        catalog.find("resnet18", "text")
    with pytest.raises(BackboneError, match="dataset is image"):
        catalog.find("all-MiniLM-L6-v2", "image")


def test_weights_from_a_local_file_keep_the_architecture_and_drop_the_known_hash(tmp_path: Path) -> None:
    file = tmp_path / "mine.pth"
    file.write_bytes(b"x")
    entry = catalog.find(f"resnet18@{file}")
    assert (entry.source_id, entry.path, entry.sha256) == ("resnet18", file, None)
    with pytest.raises(BackboneError, match="no weights at"):
        catalog.find(f"resnet18@{tmp_path / 'missing.pth'}")


def test_a_hub_name_and_a_folder_are_text_encoders(tmp_path: Path) -> None:
    assert catalog.find("someone/encoder").source_id == "someone/encoder"
    assert catalog.find("sentence-transformers/all-MiniLM-L6-v2") is catalog.default("text")
    (tmp_path / "config.json").write_text("{}")
    entry = catalog.find(str(tmp_path), "text")
    assert (entry.kind, entry.path) == ("text", tmp_path)


def test_torchvision_entries_name_files_that_torchvision_offers() -> None:
    from torchvision.models import get_model_weights

    for entry in catalog.CATALOG:
        if entry.loader == "torchvision":
            offered = {str(w.url).rpartition("/")[2]: w for w in get_model_weights(entry.source_id)}
            assert entry.file in offered
            assert offered[entry.file].meta["_file_size"] * 2**20 == pytest.approx(entry.size_bytes, rel=0.001)
            assert entry.sha256 and entry.file.endswith(f"-{entry.sha256}.pth")


def test_a_reference_finds_the_same_entry_again(tmp_path: Path) -> None:
    file = tmp_path / "weights.pth"
    file.write_bytes(b"")
    for name in ("efficientnet-lite0", f"resnet18@{file}"):
        entry = catalog.find(name)
        assert catalog.find(entry.reference) == entry


def test_the_reference_of_a_relative_folder_holds_in_another_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "config.json").write_text("{}")
    monkeypatch.chdir(tmp_path)
    entry = catalog.find("./mine", "text")
    monkeypatch.chdir("/")
    assert catalog.find(entry.reference, "text") == entry


def test_a_path_without_a_model_is_called_by_what_is_wrong_with_it(tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("no model")
    for name, wrong in (("", "no config.json"), ("gone", "does not exist"), ("note.txt", "is not a folder")):
        with pytest.raises(BackboneError, match=wrong):
            catalog.find(str(tmp_path / name), "text")
