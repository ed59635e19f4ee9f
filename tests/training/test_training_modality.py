"""What a modality decides before any training, and settings that an older run wrote."""

from __future__ import annotations

from dataclasses import asdict

import pytest

from advisor.training import few
from advisor.training.modality import modality_of
from advisor.training.recipes import settings_for
from advisor.training.settings import Settings


@pytest.mark.parametrize(
    ("kind", "n", "n_classes", "per_class", "way"),
    [
        ("image", few.FEW_IMAGES, 2, None, "folds"),
        ("image", few.FEW_IMAGES + 1, 2, None, "usual"),
        ("text", 2 * few.FEW_PER_CLASS, 2, None, "contrast"),
        ("text", 2 * few.FEW_PER_CLASS + 1, 2, None, "usual"),
        ("text", 1000, 2, 40.0, "contrast"),  # one large class does not make many labels
        ("text", 16 * 17, 17, None, "frozen"),
        ("text", 17 * 17, 17, None, "usual"),
        ("qa", 10, 0, None, "usual"),
    ],
)
def test_few_labels_go_the_way_of_their_modality(
    kind: str, n: int, n_classes: int, per_class: float | None, way: str
) -> None:
    assert modality_of(kind).few_label_way(n, n_classes, per_class) == way


@pytest.mark.parametrize("kind", ["image", "text"])
def test_a_race_begins_with_the_recipe(kind: str) -> None:
    settings = settings_for("fine-tune", kind, 500, 60.0, seed=0)
    first = modality_of(kind).candidates(settings.learning_rate)[0]
    assert first.settings(settings) == settings


def test_settings_of_an_older_run_are_read_by_their_former_names() -> None:
    settings = settings_for("fine-tune", "image", 500, 60.0, seed=3)
    resolved = {**asdict(settings), "rung": "fine-tune", "race": []}
    assert Settings.of(resolved) == settings
    resolved["depth"], resolved["returns"] = resolved.pop("layer_share"), resolved.pop("rollbacks")
    assert Settings.of(resolved) == settings
