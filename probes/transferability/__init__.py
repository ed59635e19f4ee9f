"""Transferability scores: cheap numbers that claim to rank backbones without training; one paper, one file.

Higher is better in all of them. None decides anything here: on the usual benchmark, a fixed list of models ordered by
size, the same for every dataset, correlated with the truth at .91 where LogME reached .57 (Singh, Hess and
Vanschoren, "How NOT to benchmark your SITE metric", ICLR 2026, https://arxiv.org/abs/2510.06448). Their values compare
backbones on one dataset, not across datasets. k nearest neighbours are in `probes.neighbours`.
"""

from __future__ import annotations

from probes.transferability.gbc import gbc
from probes.transferability.hscore import h_score
from probes.transferability.leep import leep
from probes.transferability.logme import logme

__all__ = ["gbc", "h_score", "leep", "logme"]
