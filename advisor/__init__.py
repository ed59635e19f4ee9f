"""How much of a pre-trained model should you change for your data? Measured advice, carried out.

import advisor
data = advisor.read("photos/")          # class folders, an archive, or a table
advice = advisor.advise(data)           # about a minute; advice.headline says it
report = advisor.train(data)            # the recommended rung, in a process of its own
model = advisor.load(report.run)
model.predict(["new.jpg"])              # [Prediction(label=..., probability=...)]
advisor.ask("manuals/", "How long is the warranty?")    # [Answer(text=..., passages=...)]
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import probes as probes  # before torch, for the OpenMP setting that its docstring explains

if TYPE_CHECKING:
    from advisor.api import (
        advise,
        ask,
        climb,
        exchange,
        issues,
        labels_needed,
        load,
        probe,
        profile,
        race,
        read,
        train,
    )
    from advisor.fixing import fix, suggestions
    from advisor.improving import add_labels, compare, label_next
    from advisor.leaving import export, publish
    from advisor.using import predict_table, threshold

__all__ = [
    "__version__",
    "add_labels",
    "advise",
    "ask",
    "climb",
    "compare",
    "exchange",
    "export",
    "fix",
    "issues",
    "label_next",
    "labels_needed",
    "load",
    "predict_table",
    "probe",
    "profile",
    "publish",
    "race",
    "read",
    "suggestions",
    "threshold",
    "train",
]
__version__ = "0.2.0"


def __getattr__(name: str) -> Any:
    """Import the line only when one of its functions is asked for, so that `advisor --help` is quick."""
    if name in __all__:
        from advisor import api, fixing, improving, leaving, using

        rooms = (fixing, improving, leaving, using)
        return getattr(next((room for room in rooms if name in room.PUBLIC), api), name)
    raise AttributeError(f"module 'advisor' has no attribute {name!r}; it has {', '.join(__all__)}")


def __dir__() -> list[str]:
    return sorted(__all__)
