"""What the records of every kind of dataset need: a measured share, and a dataset as the reader leaves it."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from streamlit.testing.v1 import AppTest

from advisor.core.records import Dataset, ReadOptions, SetAside
from advisor.ui import near, parts, places
from advisor.ui.frame import CLOSE_MENU
from probes.measured import Measured

APP = Path(__file__).parents[2] / "app.py"
PARTS = ("train", "train", "train", "val", "test")


def share(value: float, n: int = 200, provenance: str = "measured") -> Measured:
    """A measured share with an interval of four points."""
    low, high = max(0.0, value - 0.02), min(1.0, value + 0.02)
    return Measured.model_validate(
        {"value": value, "low": low, "high": high, "n": n, "seconds": 1.5, "provenance": provenance}
    )


def write_dataset(home: Path, name: str, kind: str, classes: tuple[str, ...], items: pd.DataFrame) -> Dataset:
    """A dataset record with its items, as the reader leaves it."""
    fingerprint = f"{abs(hash(name)):032x}"[-16:] * 4
    folder = home / "datasets" / fingerprint[:16]
    folder.mkdir(parents=True)
    items["part"] = [PARTS[i % len(PARTS)] for i in range(len(items))]
    items["group"] = None
    items["digest"] = items["key"]
    items.to_parquet(folder / "items.parquet")
    dataset = Dataset(
        name=name,
        kind=kind,  # type: ignore[arg-type]
        source=name,
        folder=str(folder),
        options=ReadOptions(),
        classes=classes,
        n_in=len(items) + 1,
        n_used=len(items),
        n_set_aside=1,
        set_aside=(SetAside(key="<i>broken</i>.png", reason="The file ends early."),),
        fingerprint=fingerprint,
        official_split=False,
        has_groups=False,
    )
    dataset.save(folder / "dataset.json")
    return dataset


def sentences(app: AppTest) -> list[str]:
    """What a page says in a style of its own, such as its answer and its notes; without the script of the bar.

    A no-break space is as good as any.
    """
    return [spaced(part.value) for part in app.html if CLOSE_MENU not in str(part.value)]


def spaced(text: object) -> str:
    """A text of a page with plain spaces."""
    return str(text).replace("\N{NO-BREAK SPACE}", " ")


def written(app: AppTest) -> str:
    """All of it in one text."""
    return " ".join(sentences(app))


def unfolded(app: AppTest) -> AppTest:
    """The app with every fold opened."""
    for fold in app.expander:
        app.session_state[fold.key or parts.fold_key(fold.label)] = True
    return app.run()


def opened(page: str, **address: str) -> AppTest:
    """The app at one page with an address, without a failure."""
    app = AppTest.from_file(str(APP), default_timeout=120)
    app.session_state[near.AT_ONCE] = True  # nothing scrolls here
    app.query_params.update(address)
    app.run()
    if page != "data":
        app.query_params.update(address)
        app.switch_page(str(places.FOLDER / f"{page}.py")).run()
    assert not app.exception, app.exception[0].value
    return app
