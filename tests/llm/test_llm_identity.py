"""Is it the same language model? By weights or by the endpoint's address and model, never by the precision."""

from __future__ import annotations

import pytest

from advisor.core.errors import RunError
from advisor.llm.endpoint import Endpoint, EndpointSettings
from advisor.llm.identity import check_planned, is_endpoint, of_endpoint, of_weights, same_model
from advisor.llm.models import chat_model, identities

WEIGHTS = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"


def test_local_weights_are_the_same_in_every_precision() -> None:
    assert all(same_model(one, other) for one in of_weights(WEIGHTS) for other in (WEIGHTS, *of_weights(WEIGHTS)))
    assert not same_model(f"{WEIGHTS}-float32", f"{WEIGHTS[::-1]}-float32")


@pytest.mark.parametrize("other", ["gpt-4o-mini", "gpt-4", "gpt-4o-float16", "GPT-4o"])
def test_endpoints_are_the_same_by_address_and_whole_name_only(other: str) -> None:
    one = of_endpoint("https://host/v1", "gpt-4o")
    assert same_model(one, of_endpoint("https://host/v1", "gpt-4o"))
    assert not same_model(one, of_endpoint("https://host/v1", other))
    assert not same_model(one, of_endpoint("https://other/v1", "gpt-4o"))


def test_a_plan_without_an_identity_takes_any_model_and_secrets_are_not_told() -> None:
    check_planned(f"{WEIGHTS}-float32", "", "m")
    check_planned(f"{WEIGHTS}-bfloat16", f"{WEIGHTS}-float32", "m")
    with pytest.raises(RunError, match=r"made with small at host, and this is b179c9523d0e\.") as raised:
        check_planned(f"{WEIGHTS}-float32", of_endpoint("https://me:word@host/v1", "small"), "m")
    assert "word" not in str(raised.value)


def test_an_identity_is_known_before_the_model_is_loaded() -> None:
    assert chat_model().identity in identities(None)
    settings = EndpointSettings("http://127.0.0.1:1/v1", "small")
    assert Endpoint(settings).identity == settings.identity and is_endpoint(settings.identity)
