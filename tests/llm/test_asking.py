from __future__ import annotations

from advisor.llm.asking import PromptSetup, ShownExample


def test_a_way_of_asking_is_kept_as_json_and_read_again() -> None:
    ask = PromptSetup(
        "own",
        "{labels} {text}",
        ("bad", "good"),
        (ShownExample("fine", 1),),
        nearest=8,
        calibrate=False,
        bias=(-1.0, -0.5),
    )
    assert PromptSetup.of(ask.as_dict()) == ask


def test_settings_from_before_there_was_a_bias_ask_without_one() -> None:
    kept = PromptSetup(None, "{labels} {text}", ("bad", "good")).as_dict()
    del kept["bias"]
    assert PromptSetup.of(kept).bias == ()
