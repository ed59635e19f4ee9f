"""What decided, on the page: the words of a text are marked and are no mark-up, and a saturated model says so."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO

import numpy as np
from PIL import Image
from streamlit.testing.v1 import AppTest

from advisor.core.records import Dataset
from advisor.rungs.saved.explaining import ImageReasons, WordReasons
from advisor.ui import parts, why
from tests.ui.test_ui_try_it import with_model
from tests.ui.ui_records import opened


def reasons_of(text: str, *drops: float) -> WordReasons:
    places, end = [], 0
    for word in text.split():
        start = text.index(word, end)
        end = start + len(word)
        places.append((start, end))
    return WordReasons("<b>sport</b>", 0.9, text, tuple(places), np.array(drops))


def test_words_are_marked_by_their_sign_and_never_are_markup() -> None:
    html = why.marked(reasons_of("<script>x</script> goal <i>", 0.3, -0.2, 0.0))
    assert "<script" not in html and "<i>" not in html and html.count("<mark") == 2
    assert "dotted" in html[html.index("goal") - 200 : html.index("goal")] and 'title="30 points less likely' in html


def test_what_is_said_follows_the_numbers() -> None:
    assert "“goal” counts most" in why.said(reasons_of("a goal", 0.02, 0.4))
    assert "No single word decides" in why.said(reasons_of("a goal", 0.001, -0.002))
    assert "nothing to leave out" in why.said(reasons_of("goal", 0.0))
    drops = np.zeros((8, 8))
    picture = np.zeros((32, 32, 3), np.uint8)
    assert "No single part decides" in why.said(ImageReasons("7", 1.0, picture, drops, 0.5))
    drops[0, 7] = 0.4
    assert "The upper right counts most" in why.said(ImageReasons("7", 1.0, picture, drops, 0.25))


def test_the_map_is_green_where_the_class_is_lost() -> None:
    drops = np.zeros((8, 8))
    drops[:, :2], drops[:, 6:] = 0.5, -0.5
    png = why.overlaid(ImageReasons("7", 1.0, np.full((32, 32, 3), 200, np.uint8), drops, 0.25))
    pixels = np.asarray(Image.open(BytesIO(png)), int)
    left, middle, right = (pixels[160, column] for column in (5, 160, 315))
    assert left[1] > left[0] and right[0] > right[2] and np.ptp(middle) == 0


def test_each_of_several_items_says_why_once_it_is_asked(texts: Dataset, write_run: Callable[..., str]) -> None:
    def page(run, items) -> None:  # type: ignore[no-untyped-def]  # its source alone is run
        from advisor.core.records import Plan
        from advisor.core.workspace import Workspace
        from advisor.ui import try_it

        plan = Plan.load(Workspace.here().run(run).plan)
        try_it.own(run, items, plan, try_it.reopened(plan))

    run = with_model(texts, write_run)
    items = ["Fry the onions in butter", "The goalkeeper saved the penalty", "Simmer the soup"]
    app = AppTest.from_function(page, args=(run, items), default_timeout=120).run()
    assert not app.exception and "<mark" not in " ".join(str(element.value) for element in app.html)
    app.button(key=f"why-{run}-1").click().run()
    assert not app.exception
    marked = [str(element.value) for element in app.html if "<mark" in str(element.value)]
    assert len(marked) == 1 and "goalkeeper" in marked[0]
    assert list(app.session_state[f"why-{run}"]) == [items[1]]


def test_a_real_model_is_asked_once_the_fold_is_open(texts: Dataset, write_run: Callable[..., str]) -> None:
    run = with_model(texts, write_run)
    app = opened("run", run=run)
    app.text_area(key=f"try-text-{run}").set_value("On Monday <b>fry</b> the onions in butter")
    app.button(key=f"predict-{run}").click().run()
    assert "<mark" not in " ".join(str(element.value) for element in app.html)
    app.session_state[parts.fold_key("Which words decided?")] = True
    app.button(key=f"predict-{run}").click().run()
    assert not app.exception
    shown = " ".join(str(element.value) for element in app.html)
    assert "<mark" in shown and "&lt;b&gt;fry" in shown and "speak for cooking" in shown
