from __future__ import annotations

import numpy as np
from PIL import Image
from sklearn.datasets import load_sample_images

from probes.backbones import catalog
from probes.backbones.image import ImageBackbone
from probes.backbones.text import TextBackbone
from probes.zero_shot import class_sentences, conse, cosine, imagenet_names, nearest_names


def test_conse_is_the_papers_formula_about_the_mean_name() -> None:
    rng = np.random.default_rng(0)
    probabilities = rng.dirichlet(np.ones(30), size=5)
    names, classes = rng.normal(size=(30, 8)), rng.normal(size=(4, 8))
    found = conse(probabilities, names, classes, top=3)
    centre = names.mean(axis=0)
    for p, scores in zip(probabilities, found, strict=True):
        near = np.argsort(-p)[:3]
        mixed = sum(p[t] * names[t] for t in near) / p[near].sum() - centre
        for c in range(4):
            target = classes[c] - centre
            expected = mixed @ target / np.linalg.norm(mixed) / np.linalg.norm(target)
            np.testing.assert_allclose(scores[c], expected, atol=1e-5)
    assert conse(probabilities, names, classes, top=500).shape == (5, 4)


def test_photographs_find_their_class_by_name_alone(minilm: TextBackbone) -> None:
    backbone = ImageBackbone.load(catalog.default("image"))
    features = backbone.embed([Image.fromarray(array) for array in load_sample_images().images])
    scores = conse(
        backbone.source_probabilities(features),
        minilm.embed(list(imagenet_names())),
        minilm.embed(class_sentences(["sports_car", "flower", "TempleBuilding"])),
    )
    assert scores.argmax(axis=1).tolist() == [2, 1]


def test_texts_find_their_class_by_name_alone(minilm: TextBackbone) -> None:
    texts = ["The striker scored twice in the final.", "Parliament passed the new budget law."]
    names = minilm.embed(class_sentences(["sport", "politics"], "text"))
    assert nearest_names(minilm.embed(texts), names).argmax(axis=1).tolist() == [0, 1]


def test_imagenet_names_stand_in_the_heads_order() -> None:
    names = imagenet_names()
    assert len(names) == 1000
    assert (names[0], names[698].split(",")[0], names[985]) == ("tench, Tinca tinca", "palace", "daisy")


def test_class_sentences_are_never_empty() -> None:
    assert class_sentences(["", " ", "__", "12", "3-5", "HTTPError", "Été_chaud"]) == [
        "?", "?", "__", "12", "3 5", "HTTP error", "été chaud"
    ]  # fmt: skip


def test_cosine_of_a_zero_row_is_zero() -> None:
    np.testing.assert_array_equal(cosine(np.zeros((1, 3)), np.eye(3)), np.zeros((1, 3)))
