"""A GGUF language model as a Hugging Face folder, converted once per machine.

transformers unpacks 4-bit GGUF weights in 15 seconds (on an idle core) and refuses to save them, so a plain model is
built from the configuration and state dict and kept as safetensors, which load in half a second. float16 takes 269 MB
instead of 538, and moved the log-likelihood of two sentences by 2 parts in 10,000, far less than the 4 bits did. The
folder is written under another name and renamed, a manifest holds the hash of every file, a damaged folder is converted
again, and a file lock lets two processes ask at once.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

from filelock import FileLock

from probes.backbones.weights import file_sha256, sync
from probes.errors import BackboneError, first_line
from probes.progress import Progress, silent

MANIFEST = "manifest.json"
#: Raise it whenever the conversion gives other files.
FORMAT = 1


def converted(gguf: Path, digest: str, cache: Path, progress: Progress = silent) -> Path:
    """The folder under `cache` with `gguf` (SHA-256 `digest`) as safetensors, converted when it is missing.

    Raises BackboneError when the file is not a GGUF model that transformers knows, or the disk is full.
    """
    folder = cache / f"{gguf.stem}-{digest[:12]}-{FORMAT}"
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with FileLock(cache / f"{folder.name}.lock"):
            if not _is_whole(folder, digest):
                progress(f"Converting {gguf.stem}, once on this machine", 0.0)
                for left in (folder, *cache.glob(f".{folder.name}.*")):  # damaged, or left by a killed conversion
                    shutil.rmtree(left, ignore_errors=True)
                _make(gguf, digest, folder)
    except OSError as error:
        raise BackboneError(
            f"{gguf} could not be converted into {cache} ({error}). Free some space, or make the folder writable."
        ) from error
    return folder


def _is_whole(folder: Path, digest: str) -> bool:
    """Whether the manifest is that of this model, and every file in it exists with its hash."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        return manifest["source_sha256"] == digest and all(
            file_sha256(folder / name) == expected for name, expected in manifest["files"].items()
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def _make(gguf: Path, digest: str, folder: Path) -> None:
    """Convert under another name, write the hashes, sync, rename."""
    aside = folder.with_name(f".{folder.name}.{os.getpid()}")
    try:
        _convert(gguf, aside)
        files = {path.name: file_sha256(path) for path in sorted(aside.iterdir())}
        manifest = {"source": gguf.name, "source_sha256": digest, "files": files}
        (aside / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
        for path in (*aside.iterdir(), aside):
            sync(path)
        aside.replace(folder)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _convert(gguf: Path, target: Path) -> None:
    """Unpack with transformers and save a plain float16 model with its tokenizer."""
    import torch
    import transformers

    transformers.utils.logging.disable_progress_bar()
    source: dict[str, Any] = {"gguf_file": gguf.name, "local_files_only": True}
    try:
        with torch.random.fork_rng(devices=[]):
            tokenizer = transformers.AutoTokenizer.from_pretrained(str(gguf.parent), trust_remote_code=False, **source)
            unpacked = transformers.AutoModelForCausalLM.from_pretrained(
                str(gguf.parent), dtype=torch.float32, trust_remote_code=False, **source
            )
    except OSError:
        raise
    except Exception as error:  # the reader raises anything for a damaged file
        raise BackboneError(
            f"{gguf} cannot be read as a GGUF language model ({first_line(error)}). "
            f"Give another file, or a Hugging Face folder."
        ) from error
    plain = {key: value for key, value in unpacked.config.to_dict().items() if key != "quantization_config"}
    with torch.device("meta"):  # no random weights that are replaced at once
        model = transformers.AutoModelForCausalLM.from_config(
            type(unpacked.config).from_dict(plain), trust_remote_code=False
        )
    model.load_state_dict(unpacked.state_dict(), assign=True)
    model.tie_weights()
    model.half().save_pretrained(str(target))
    tokenizer.save_pretrained(str(target))
