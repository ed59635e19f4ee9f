"""Hugging Face folders, loaded as what they hold and nothing else: safetensors only, no code of theirs, no gap filled.

transformers gives random values to tensors that a file lacks, and only logs it; such a model would be measured as if
it were pre-trained.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

import torch

from probes.errors import BackboneError


def load_pretrained(kind: Any, folder: Path, unneeded: Collection[str] = ()) -> Any:
    """The model of a folder, in float32, by a class of transformers such as AutoModel.

    unneeded: parts that may be missing, by a word of their names. Raises BackboneError where others are, and whatever
    transformers, safetensors and torch raise for a damaged or foreign file.
    """
    module, info = kind.from_pretrained(
        str(folder), local_files_only=True, trust_remote_code=False, use_safetensors=True, dtype=torch.float32,
        output_loading_info=True,
    )  # fmt: skip
    absent = [name for name in sorted(map(str, info["missing_keys"])) if not any(part in name for part in unneeded)]
    if absent:
        raise BackboneError(
            f"The weights in {folder} lack {len(absent):,} of the model's tensors (such as {absent[0]}), which would "
            f"be random. Choose a folder with the model.safetensors that belongs to its config.json."
        )
    return module
