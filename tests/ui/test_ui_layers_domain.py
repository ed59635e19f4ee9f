"""The figures of the layers and of the distance say what the records say."""

from __future__ import annotations

import pytest

from advisor.core.records import Domain, Layers
from advisor.core.records.evidence import Layer, Stage
from advisor.ui import charts
from advisor.ui.instruments.domain import domain, meaning
from advisor.ui.instruments.layers import layers
from probes.measured import Measured

NAMES = ("stem", "block 1", "block 2", "last features")


def measured(value: float, spread: float = 0.02, unit: str = "share") -> Measured:
    """A number with an interval of a known width."""
    return Measured(value=value, low=value - spread, high=value + spread, n=600, seconds=1.0, unit=unit)


def probed(best: str = "block 2", names: tuple[str, ...] = NAMES) -> Layers:
    """Four layers, the value rising and falling again."""
    shown = [
        Layer(name=name, position=i / max(1, len(names) - 1), dim=16 * (i + 1), measured=measured(v))
        for i, (name, v) in enumerate(zip(names, (0.3, 0.6, 0.9, 0.8), strict=False))
    ]
    return Layers(depths=tuple(shown), best=best, sentence="", seconds=1.0)


def test_the_layers_stand_in_order_and_the_best_cut_alone_is_marked() -> None:
    figure = layers(probed(), "accuracy")
    band, line = figure.data
    assert list(line.y) == [0.3, 0.6, 0.9, 0.8]
    assert list(figure.layout.xaxis.ticktext) == list(NAMES)
    assert [color == charts.TEAL for color in line.marker.color] == [False, False, True, False]
    assert figure.layout.annotations[0].x == 2 and "best cut" in figure.layout.annotations[0].text
    assert list(band.y)[:4] == pytest.approx([0.32, 0.62, 0.92, 0.82]) and min(band.y) == pytest.approx(0.28)
    assert figure.layout.yaxis.title.text == "Accuracy"


def test_one_layer_can_be_drawn_and_a_name_is_no_markup() -> None:
    figure = layers(probed(best="<b>x</b>", names=("<b>x</b>",)), "balanced accuracy")
    assert figure.layout.xaxis.ticktext == ("&lt;b&gt;x&lt;/b&gt;",)


def place(trust: Measured | None = None, stages: tuple[str, ...] = ("early", "middle", "late", "energy")) -> Domain:
    """A set at 40 among three references."""
    return Domain(
        stages=tuple(Stage(name=s, value=0.1 * i, percentile=20.0 + 10 * i) for i, s in enumerate(stages)),
        percentile=40.0, nearest=("textures", "digits"), references=(("textures", 16.7), ("digits", 83.3), ("<i>", 50)),
        sentence="", trust=trust, n=200, seconds=3.0,
    )  # fmt: skip


def test_the_set_stands_among_the_references_and_each_stage_on_its_own_strip() -> None:
    figure = domain(place())
    references, own, *stages = figure.data
    assert sorted(references.x) == [16.7, 50, 83.3]
    assert (own.x[0], own.y[0]) == (40.0, references.y[0])
    assert [mark.x[0] for mark in stages] == [20.0, 30.0, 40.0, 50.0]
    assert len({mark.y[0] for mark in (own, *stages)}) == 5
    assert [mark.marker.color for mark in stages] == [charts.TEAL] * 3 + [charts.OCHRE]
    assert sorted(a.text for a in figure.layout.annotations) == ["&lt;i&gt;", "digits", "textures"]
    assert figure.layout.yaxis.ticktext[1] == "Early layers"


def test_other_stages_are_drawn_under_their_own_names() -> None:
    assert "Bits per byte" in domain(place(stages=("bits per byte",))).layout.yaxis.ticktext


@pytest.mark.parametrize(
    ("value", "spread", "verdict"), [(0.6, 0.2, "gained more"), (-0.6, 0.2, "gained less"), (0.3, 0.5, "does not tell")]
)
def test_what_the_distance_means_comes_with_its_interval(value: float, spread: float, verdict: str) -> None:
    sentence = meaning(place(trust=measured(value, spread, "rank correlation")))
    assert verdict in sentence and f"{value:.2f}" in sentence and f"{value - spread:.2f} to" in sentence
    assert meaning(place()) == ""
