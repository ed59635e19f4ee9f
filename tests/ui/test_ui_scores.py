from __future__ import annotations

from html import unescape
from types import SimpleNamespace
from typing import Any, cast

import pytest
from streamlit.testing.v1 import AppTest

from advisor.evidence.scores import RANKING
from advisor.ui.instruments import details
from tests.ui.ui_records import unfolded


def page() -> None:
    """Runs inside AppTest, so everything it needs is imported here."""
    from types import SimpleNamespace
    from typing import Any, cast

    from advisor.core.records import Evidence
    from advisor.core.records.evidence import TransferScore
    from advisor.ui import cards
    from advisor.ui.instruments import details

    score = TransferScore(
        name="gbc", title="GBC", value=-1.25, meaning="Overlap: 12 %.", weakness="Round.", seconds=0.5
    )
    common: dict[str, Any] = {
        "fingerprint": "f", "metric": "accuracy", "backbone": "efficientnet-lite0", "backbone_hash": "h",
        "device": "cpu",
        "device_reason": "r", "input_size": 224, "n_train": 9, "n_test": 3, "n_test_per_class": (3,), "results": (),
        "seconds": 1.0,
    }  # fmt: skip
    dataset = cast(Any, SimpleNamespace(kind="image"))
    cards.draw([details.card(dataset, Evidence(**common))])
    cards.draw([details.card(dataset, Evidence(**common, scores=(score,)))])


def test_scores_are_a_table_with_meaning_and_weakness_under_a_sentence_and_absent_without_any() -> None:
    app = unfolded(AppTest.from_function(page).run(timeout=30))
    assert not app.exception
    assert len(app.table) == 1
    row = app.table[0].value.iloc[0]
    assert row.tolist() == ["GBC", "-1.250", "Overlap: 12 %.", "Round."]
    shown = " ".join(str(element.value) for element in app.html)
    assert RANKING in unescape(shown)


@pytest.mark.parametrize(
    ("kind", "fed", "said"),
    [("image", 224, "224 px"), ("image", 160, "160 px instead of 224"), ("text", 160, "160 tokens")],
)
def test_an_input_smaller_than_usual_says_why(kind: str, fed: int, said: str) -> None:
    dataset = cast(Any, SimpleNamespace(kind=kind))
    evidence = cast(Any, SimpleNamespace(input_size=fed, backbone="efficientnet-lite0"))
    size = details.size(dataset, evidence)
    assert size.startswith(said) and ("most images are smaller" in size) == (fed < 224 and kind == "image")
