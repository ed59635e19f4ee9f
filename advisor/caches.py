"""What the workspace keeps so that nothing is computed twice: features, calibrations, answers of language models."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from advisor.data.features import feature_cache
from advisor.data.read.ocr import forget_recognised


@dataclass(frozen=True)
class CacheFacts:
    """Where the feature cache lies, the bytes that it takes with the graphs for engines, and those that it may take.

    ``prompt_bytes``: what the remembered answers of language models take beside it.
    """

    folder: Path
    used_bytes: int
    limit_bytes: int
    prompt_bytes: int = 0


def cache_facts() -> CacheFacts:
    """Place and size of the feature cache."""
    from advisor.llm.prompt_cache import PromptCache, cache_file
    from probes.engines import kept
    from probes.feature_store import LIMIT_BYTES, FeatureStore

    used = FeatureStore.used(feature_cache()) + kept.used(feature_cache())
    return CacheFacts(feature_cache(), used, LIMIT_BYTES, PromptCache(cache_file()).used())


def clear_cache() -> int:
    """Delete what is made anew when needed; returns the bytes freed.

    Cached features, graphs for engines, remembered calibrations, answers of language models, and texts that were
    recognised in scans.
    """
    return clear_features() + clear_answers() + forget_recognised()


def clear_features() -> int:
    """Delete cached features, graphs for engines and remembered calibrations; returns the bytes freed."""
    from probes.calibrations import forget
    from probes.engines import kept
    from probes.feature_store import FeatureStore

    forget(feature_cache())
    return FeatureStore.clear(feature_cache()) + kept.clear(feature_cache())


def clear_answers() -> int:
    """Delete the remembered answers of language models; returns the bytes freed."""
    from advisor.llm.prompt_cache import PromptCache, cache_file

    return PromptCache(cache_file()).clear()
