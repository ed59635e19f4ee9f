"""Evidence: what the probes measure on the training part, in about a minute; one module per question."""

from __future__ import annotations

from advisor.evidence.gather import gather, measure
from advisor.evidence.rungs import seen_counts
from advisor.evidence.sample import Sample, related, sample_rows, stratified

__all__ = ["Sample", "gather", "measure", "related", "sample_rows", "seen_counts", "stratified"]
