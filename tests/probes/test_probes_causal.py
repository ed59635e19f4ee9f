"""The installed transformers is handed its cache by the name that it knows, without a warning."""

from __future__ import annotations

import warnings

from advisor.llm.models import kept_language_model
from probes.chat import Prompt


def test_a_reply_and_an_option_come_without_a_warning() -> None:
    model = kept_language_model()
    prompts = [
        Prompt("Answer shortly.", f"Name a colour. {more}") for more in ("Red, green or", "The sky is", "Grass is")
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("error", FutureWarning)
        assert len(model.generate(prompts, max_new_tokens=3)) == 3
        assert model.option_log_p(prompts, ["blue", "green"]).shape == (3, 2)
