from __future__ import annotations

from advisor.llm.asking import Ask, Shown


def test_a_way_of_asking_is_kept_as_json_and_read_again() -> None:
    ask = Ask(
        "own", "{labels} {text}", ("bad", "good"), (Shown("fine", 1),), nearest=8, calibrate=False, bias=(-1.0, -0.5)
    )
    assert Ask.of(ask.as_dict()) == ask


def test_settings_from_before_there_was_a_bias_ask_without_one() -> None:
    kept = Ask(None, "{labels} {text}", ("bad", "good")).as_dict()
    del kept["bias"]
    assert Ask.of(kept).bias == ()
