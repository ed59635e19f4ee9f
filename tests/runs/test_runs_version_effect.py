"""What differs between two measurements besides the data is said."""

from __future__ import annotations

from advisor.core.records import Evidence
from advisor.runs.version_effect import remarks


def evidence(n_sample: int, n_train: int, backbone: str = "minilm") -> Evidence:
    """Evidence on so many of the training items."""
    return Evidence(
        fingerprint="ab" * 32, metric="accuracy", backbone=backbone, backbone_hash="cd" * 32, device="cpu",
        device_reason="", input_size=128, n_train=n_train, n_sample=n_sample, n_test=9, n_test_per_class=(9,),
        results=(), seconds=1.0,
    )  # fmt: skip


def test_probes_that_looked_at_unlike_shares_are_no_fair_comparison() -> None:
    said = " ".join(remarks(evidence(342, 500), evidence(199, 498)))
    assert "looked at 342 of 500 training items before and at 199 of 498 now" in said and "may come from that" in said
    assert not remarks(evidence(342, 500), evidence(342, 498)), "the same number"
    assert not remarks(evidence(500, 500), evidence(498, 498)), "all of both"
    assert not remarks(None, evidence(498, 498))


def test_another_backbone_is_named() -> None:
    said = " ".join(remarks(evidence(500, 500), evidence(500, 500, "e5")))
    assert said.startswith("Measured with minilm before and with e5 now.")
