"""Evidence: what the probes measure on the training part, in about a minute; each task measures its own."""

from __future__ import annotations

from advisor.evidence.feature_probes import seen_counts
from advisor.evidence.gather import gather
from advisor.evidence.sample import Sample, related, sample_rows, stratified

__all__ = ["Sample", "gather", "related", "sample_rows", "seen_counts", "stratified"]
