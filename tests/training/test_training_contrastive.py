"""Contrast: the loss is its formula, batches are balanced, and real held-out sentences part by class."""

from __future__ import annotations

from itertools import combinations, islice

import numpy as np
import pytest
import torch

from advisor.training import recipes
from advisor.training.contrastive import (
    CLASSES_A_BATCH,
    BalancedSource,
    Contrastive,
    Encoder,
    features_of_batch,
    pair_loss,
)
from advisor.training.loop import fit
from advisor.training.network import build
from advisor.training.problem import Problem
from advisor.training.sources import TextSource, logits_of
from probes.backbones import catalog
from probes.backbones.text import TextBackbone


def docstrings(n: int) -> tuple[list[str], np.ndarray]:
    """The first lines of docstrings of numpy and of Pillow and scikit-learn, `n` of each, shuffled; real, and alike."""
    import sklearn.cluster
    import sklearn.linear_model
    import torch.nn

    def lines(*modules: object) -> list[str]:
        found = [getattr(module, name).__doc__ or "" for module in modules for name in sorted(vars(module))]
        first = [text.strip().splitlines()[0] for text in found if text.strip()]
        return list(islice((line for line in dict.fromkeys(first) if len(line) > 30), n))

    groups = [lines(np), lines(sklearn.linear_model, sklearn.cluster), lines(torch.nn)]
    labels = np.repeat(np.arange(3), [len(group) for group in groups])
    order = np.random.default_rng(0).permutation(len(labels))
    texts = [line for group in groups for line in group]
    return [texts[i] for i in order], labels[order]


def separation(features: np.ndarray, labels: np.ndarray) -> float:
    """Mean cosine within classes less the mean between them."""
    unit = features / np.linalg.norm(features, axis=1, keepdims=True)
    same, upper = labels[:, None] == labels[None], np.triu(np.ones((len(labels), len(labels)), bool), 1)
    cosine = unit @ unit.T
    return float(cosine[same & upper].mean() - cosine[~same & upper].mean())


@pytest.mark.slow
def test_contrastive_tuning_parts_the_classes_of_held_out_texts() -> None:
    texts, labels = docstrings(20)
    backbone = TextBackbone.load(catalog.find("all-MiniLM-L6-v2"), max_tokens=32)
    held_out = TextSource(texts[24:], backbone)
    network = build(backbone, 3, hold_batch_norm=False, kind=Encoder)
    problem = Problem(
        network, BalancedSource(TextSource(texts[:24], backbone), labels[:24]), held_out, Contrastive(),
        labels[:24], labels[24:], n_classes=3, metric="accuracy",
    )  # fmt: skip
    before = separation(logits_of(network.backbone, held_out), labels[24:])
    result = fit(problem, recipes.contrastive_settings(seed=0, steps=8))
    assert separation(logits_of(network.backbone, held_out), labels[24:]) > before + 0.05
    np.testing.assert_allclose(result.logits, logits_of(network.backbone, held_out), atol=1e-5)  # its features come out
    assert not network.head.weight.any()  # the head was left alone
    assert not any(p.requires_grad for p in network.backbone.encoder.embeddings.parameters())  # the top blocks learned


def test_a_batch_in_parts_of_like_length_has_the_features_of_the_whole_in_its_order() -> None:
    texts, _ = docstrings(4)
    backbone = TextBackbone.load(catalog.find("all-MiniLM-L6-v2"), max_tokens=32)
    given = backbone.tokenize([*texts, "Short."])
    with torch.inference_mode():
        found, expected = features_of_batch(backbone.module, given), backbone.module(given)
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-4)


def test_the_loss_of_pairs_is_the_plain_formula() -> None:
    rng = np.random.default_rng(0)
    features, labels, weights = rng.normal(size=(6, 4)), np.array([0, 0, 1, 1, 2, 0]), np.array([1, 1, 1, 1, 1, 0])
    kinds: dict[bool, list[float]] = {True: [], False: []}
    for i, j in combinations(range(6), 2):
        if weights[i] and weights[j]:
            cosine = features[i] @ features[j] / np.linalg.norm(features[i]) / np.linalg.norm(features[j])
            same = bool(labels[i] == labels[j])
            kinds[same].append((cosine - same) ** 2)
    expected = (np.mean(kinds[True]) + np.mean(kinds[False])) / 2
    given = (torch.from_numpy(array) for array in (features, labels, weights.astype(np.float32)))
    assert float(pair_loss(*given)) == pytest.approx(expected, rel=1e-5)
    alone = pair_loss(torch.ones(1, 4), torch.zeros(1, dtype=torch.long), torch.ones(1))
    assert float(alone) == 0.0  # nothing to be paired with


@pytest.mark.parametrize("n_classes", [2, 6, 77])
def test_batches_hold_few_classes_and_partners_for_every_item(n_classes: int) -> None:
    labels = np.repeat(np.arange(n_classes), 8)

    class Plain:
        ok = np.ones(len(labels), bool)

        def __len__(self) -> int:
            return len(labels)

    source = BalancedSource(Plain(), labels)  # type: ignore[arg-type]
    batches = source.order(np.random.default_rng(1), 32)
    assert len(batches) == max(1, round(len(labels) / 32)) == len(source.order(np.random.default_rng(2), 32))
    for batch in batches:
        counts = np.bincount(labels[batch])
        assert (counts[counts > 0] >= 2).all() and len(set(batch.tolist())) == len(batch) <= 32
        assert np.count_nonzero(counts) == min(n_classes, CLASSES_A_BATCH)
