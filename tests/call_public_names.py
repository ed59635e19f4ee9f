"""Calls public names of `advisor` on one small dataset; run as a process by `test_public_names.py`.

    python -m tests.call_public_names FOLDER_OF_IMAGES FOLDER_OF_DOCUMENTS NAME...

Each is called three times: in a fresh process, when all have been called, and when every module has been imported.
Prints the type of every answer as JSON: name → the three types.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
from PIL import Image

import advisor
from advisor.core.workspace import Workspace
from advisor.runs import store

BUDGET_SECONDS = 5.0


def import_everything() -> None:
    """Import every module of both packages, as a long session in a notebook might; scripts that others run are none."""
    import probes

    for package in (advisor, probes):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if module.name != "advisor.ui.entry.app" and not module.name.startswith("advisor.exports.scripts"):
                importlib.import_module(module.name)


def calls(images: str, documents: str) -> dict[str, Callable[[], Any]]:
    """How each public name is called."""
    return {
        "__version__": lambda: advisor.__version__,
        "read": lambda: advisor.read(images),
        "profile": lambda: advisor.profile(images),
        "probe": lambda: advisor.probe(images, budget=BUDGET_SECONDS),
        "issues": lambda: advisor.issues(images, budget=BUDGET_SECONDS),
        "suggestions": lambda: advisor.suggestions(images, budget=BUDGET_SECONDS),
        "fix": lambda: advisor.fix(images, {str(advisor.read(images).items["key"].iloc[0]): None}),
        "labels_needed": lambda: advisor.labels_needed(images, 0.9, budget=BUDGET_SECONDS),
        "advise": lambda: advisor.advise(images, budget=BUDGET_SECONDS),
        "label_next": lambda: advisor.label_next(images, unlabelled(images), n=4, budget=BUDGET_SECONDS),
        "add_labels": lambda: advisor.add_labels(images, labelled(images)),
        "ask": lambda: advisor.ask(documents, "How long is the warranty?"),
        "train": lambda: advisor.train(images, rung="frozen", budget=20),
        "load": lambda: advisor.load("last"),
        "predict_table": lambda: advisor.predict_table("last", images, Workspace.here().folder / "a.csv", replace=True),
        "threshold": lambda: advisor.threshold("last", right=60),
        "compare": lambda: advisor.compare([run.run for run in store.runs()][:2]),
        "race": lambda: advisor.race(images, rungs=["rag", "frozen"], budget=20),
        "climb": lambda: advisor.climb(images, target=0.5, budget=20),
        "exchange": lambda: advisor.exchange(images, budget=BUDGET_SECONDS),
        "export": lambda: advisor.export("last", "safetensors", Workspace.here().folder / "exported"),
        "publish": without_token,
    }


def unlabelled(images: str) -> str:
    """A folder of other images: those of the dataset upside down."""
    more = Path(images).with_name(f"{Path(images).name}-more")
    more.mkdir(exist_ok=True)
    for place, path in enumerate(sorted(Path(images).rglob("*.png"))[::8]):
        Image.open(path).transpose(Image.Transpose.FLIP_TOP_BOTTOM).save(more / f"{place}.png")
    return str(more)


def labelled(images: str) -> Path:
    """A table of the items to label next with labels in it."""
    out = Path(f"{unlabelled(images)}-labels")
    advisor.label_next(images, unlabelled(images), n=6, out=out, budget=BUDGET_SECONDS)
    table = pd.read_csv(out / "to-label.csv", dtype=str)
    table.assign(label=sorted(path.name for path in Path(images).iterdir())[0]).to_csv(out / "done.csv", index=False)
    return out / "done.csv"


def without_token() -> Any:
    """What publishing refuses with where there is no token; with one it would ask the hub, which a test does not."""
    from advisor.core.errors import RunError

    try:
        return advisor.publish("last", "owner/name")
    except RunError as error:
        return error


def main() -> None:
    images, documents, *names = sys.argv[1:]
    known = calls(images, documents)
    types: dict[str, list[str]] = {name: [] for name in names}
    for turn in range(3):
        if turn == 2:
            import_everything()
        for name in names:
            types[name].append(type(known[name]()).__name__)
    print(json.dumps(types))


if __name__ == "__main__":
    main()
