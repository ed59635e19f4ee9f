"""A language model's cache of keys and values, by the name that the installed transformers has for it.

Version 5.24 calls ``cache`` what was ``past_key_values``, and takes the old name with a warning until 5.40.
"""

from __future__ import annotations

import inspect
from typing import Any


def given(module: Any, cache: Any) -> dict[str, Any]:
    """The argument that hands `cache` (None: none yet) to the forward pass of a model, with or without an adapter."""
    model = module.get_base_model() if hasattr(module, "get_base_model") else module
    name = "cache" if "cache" in inspect.signature(model.forward).parameters else "past_key_values"
    return {name: cache}


def cache_of(output: Any) -> Any:
    """The cache in a model's output."""
    return output.cache if "cache" in output else output.past_key_values
