"""Two real models: of short texts, kept with the tests, and of three digits, trained in a moment."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from advisor.data.reading import read
from advisor.rungs import registry
from advisor.rungs.saved.loading import load
from advisor.rungs.saved.predictor import Predictor
from tests.rungs.saved_models import load_predictor
from tests.rungs.test_rungs_line import context_of

GOLDEN = Path(__file__).parents[1] / "rungs" / "golden" / "frozen-text-1"


@pytest.fixture(scope="package")
def texts() -> Predictor:
    """A model that tells cooking from sport."""
    return load_predictor(GOLDEN)


@pytest.fixture(scope="package")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder of digits 0, 1 and 2, 26 pictures each, as class folders."""
    from sklearn.datasets import load_digits

    folder, data = tmp_path_factory.mktemp("digits"), load_digits(n_class=3)
    for index in range(78):
        place = folder / f"digit {data.target[index]}"
        place.mkdir(exist_ok=True)
        Image.fromarray((16 * data.images[index]).clip(0, 255).astype(np.uint8)).save(place / f"{index}.png")
    yield folder


@pytest.fixture(scope="package")
def images(pictures: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Predictor]:
    """A frozen model of those digits."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ADVISOR_HOME", str(home))
        context = context_of(read(pictures), home / "run", "frozen")
        registry.execute(context)
        model = load(context.directory)
        assert isinstance(model, Predictor)
        yield model
