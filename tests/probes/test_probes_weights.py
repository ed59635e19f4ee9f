from __future__ import annotations

import dataclasses
import pickle
import sys
import threading
from pathlib import Path

import pytest
import torch

from probes.backbones import catalog, weights
from probes.backbones.image import ImageBackbone
from probes.errors import BackboneError

PACKAGED = [entry for entry in catalog.CATALOG if entry.package]
WANTED = (Path(__file__).parents[2] / "weights.txt").read_text(encoding="utf-8").splitlines()
INSTALLED = [entry for entry in PACKAGED if entry.package in WANTED]


@pytest.fixture
def nothing_cached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Empty caches of torch, and an empty folder of weights fetched by hand."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setenv(weights.WEIGHTS_FOLDER, str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("entry", INSTALLED, ids=lambda entry: entry.name)
def test_packaged_weights_are_here_whole_and_found_without_importing_their_package(entry: catalog.Entry) -> None:
    is_here, sentence = weights.available(entry)
    assert is_here and entry.title in sentence
    assert weights.weights_path(entry).stat().st_size == entry.size_bytes
    assert weights.weights_hash(entry) == entry.sha256
    assert entry.file.partition("/")[0] not in sys.modules
    assert weights.fetch(entry) == weights.weights_path(entry)


def test_missing_weights_say_what_to_do_and_are_never_replaced(nothing_cached: Path) -> None:
    entry = catalog.find("resnet18")
    is_here, sentence = weights.available(entry)
    assert not is_here
    assert "advisor weights fetch resnet18" in sentence and "47 MB" in sentence
    with pytest.raises(BackboneError, match="advisor weights fetch resnet18"):
        ImageBackbone.load(entry)


def test_a_missing_package_and_a_hub_model_not_here_say_so() -> None:
    package = dataclasses.replace(PACKAGED[0], package="no-such-weights==1", file="no_such_weights/x.pth")
    assert "no-such-weights==1" in weights.available(package)[1]
    hub = catalog.find("someone/encoder")
    assert "someone/encoder is not in the Hugging Face cache" in weights.available(hub)[1]
    with pytest.raises(BackboneError, match="could not be fetched"):
        weights.fetch(hub)


def test_a_download_that_fails_says_how_to_do_without_a_network(
    nothing_cached: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")  # nobody listens there
    with pytest.raises(BackboneError, match=rf"another machine.*set {weights.WEIGHTS_FOLDER}"):
        weights.fetch(catalog.find("resnet18"))


def test_a_flipped_byte_is_found(tmp_path: Path) -> None:
    content = bytearray(weights.weights_path(PACKAGED[0]).read_bytes())
    content[len(content) // 2] ^= 1
    file = tmp_path / "damaged.pth"
    file.write_bytes(content)
    with pytest.raises(BackboneError, match="damaged"):
        weights.weights_hash(dataclasses.replace(PACKAGED[0], path=file))


def test_a_wrong_file_under_torchvisions_name_is_found_by_its_hash(nothing_cached: Path) -> None:
    entry = catalog.find("resnet18")
    (nothing_cached / entry.file).write_bytes(b"not these")
    with pytest.raises(BackboneError, match="f37072fd"):
        weights.weights_hash(entry)


def test_local_weights_load_and_give_their_own_features(tmp_path: Path) -> None:
    from torchvision.models import resnet18

    torch.manual_seed(3)
    original = resnet18(weights=None).eval()
    file = tmp_path / "mine.pth"
    torch.save({"state_dict": original.state_dict()}, file)
    backbone = ImageBackbone.load(catalog.find(f"resnet18@{file}"), input_size=64)
    batch = torch.rand(2, 3, 64, 64)
    with torch.inference_mode():
        assert backbone.source_head is not None
        torch.testing.assert_close(backbone.source_head(backbone.module(batch)), original(batch))
    assert backbone.weights_hash == weights.weights_hash(backbone.entry)


def test_weights_of_another_architecture_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "small.pth"
    torch.save(torch.nn.Linear(3, 4).state_dict(), file)
    with pytest.raises(BackboneError, match="does not fit ResNet-18"):
        ImageBackbone.load(catalog.find(f"resnet18@{file}"))


class _Harm:
    """A pickle that would run code when loaded."""

    def __reduce__(self) -> tuple[object, tuple[str, str]]:
        return (Path.write_text, (Path("harm.txt"), "done"))  # type: ignore[return-value]


@pytest.mark.parametrize(
    "content",
    [b"", b"plain text", pickle.dumps(_Harm(), 2), pickle.dumps([1, 2], 2)],
    ids=["empty", "text", "code", "list"],
)
def test_files_that_are_no_weights_are_refused_and_run_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "odd.pth"
    file.write_bytes(content)
    with pytest.raises(BackboneError, match=r"odd\.pth"):
        ImageBackbone.load(catalog.find(f"resnet18@{file}"))
    assert not (tmp_path / "harm.txt").exists()


def test_the_file_of_a_package_that_is_not_installed_may_lie_in_the_folder_of_weights(nothing_cached: Path) -> None:
    entry = dataclasses.replace(PACKAGED[0], package="no-such-weights==1", file="no_such_weights/models/x.pth")
    assert not weights.available(entry)[0]
    (nothing_cached / "x.pth").write_bytes(b"weights")
    assert weights.weights_path(entry) == nothing_cached / "x.pth"


def test_a_download_tells_how_much_has_arrived_in_its_folder(tmp_path: Path) -> None:
    entry = dataclasses.replace(catalog.find("dinov2-small"), size_bytes=1000)
    shares: list[float] = []
    told = threading.Event()

    def tell(sentence: str, share: float) -> None:
        shares.append(share)
        if share > 0.3:
            told.set()

    with weights.growing(tmp_path, entry, tell, every=0.01):
        (tmp_path / "a.incomplete").write_bytes(bytes(400))
        assert told.wait(30)
    assert shares[-1] == 0.4
    with weights.growing(tmp_path / "not there yet", entry, tell, every=0.01):
        pass
