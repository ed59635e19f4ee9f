"""Is it the same model? The one place that writes an endpoint's identity, reads identities and compares them.

A backbone's identity is the SHA-256 of its weights. That of a language model is what an answer depends on besides the
prompt: ``<SHA-256 of the weights>-<precision>`` of a local one, ``endpoint <address> <model>`` behind an endpoint. A
device is timed to find the precision that it reads prompts in, so two identities that differ in precision alone are the
same model.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from advisor.core.addresses import public_address
from advisor.core.errors import BackboneError, RunError

#: What local models read prompts in.
PRECISIONS = ("float32", "bfloat16", "float16")
_ENDPOINT = "endpoint"
#: Leading digits of a hash that people are shown.
_SHOWN_DIGITS = 12


def of_endpoint(base_url: str, model: str) -> str:
    """The identity of a model behind an endpoint, by the address without its secrets.

    >>> of_endpoint("https://me:word@host/v1/?api_key=k", "gpt-small")
    'endpoint https://host/v1 gpt-small'
    """
    return f"{_ENDPOINT} {public_address(base_url).rstrip('/')} {model}"


def of_weights(weights_hash: str) -> tuple[str, ...]:
    """The identities that local weights may have on some device, one for each precision."""
    return tuple(f"{weights_hash}-{precision}" for precision in PRECISIONS)


def is_endpoint(identity: str) -> bool:
    """Whether the model is asked at an endpoint.

    >>> is_endpoint("endpoint https://host/v1 small"), is_endpoint("0f3c-float32")
    (True, False)
    """
    return identity.split(" ", 1)[0] == _ENDPOINT


def without_precision(identity: str) -> str:
    """The part of an identity that says which model it is.

    >>> without_precision("0f3c-bfloat16"), without_precision("endpoint https://host/v1 small-float16")
    ('0f3c', 'endpoint https://host/v1 small-float16')
    """
    start, _, precision = identity.rpartition("-")
    return start if precision in PRECISIONS and not is_endpoint(identity) else identity


def same_model(one: str, other: str) -> bool:
    """Whether both identities are of the same model. Those from before addresses were kept without secrets count too.

    >>> same_model("0f3c-float32", "0f3c"), same_model("0f3c-float32", "0f3d-float32")
    (True, False)
    >>> same_model("endpoint https://host/v1 gpt-small", "endpoint https://host/v1 gpt-large")
    False
    """
    return _public(one) == _public(other)


def _public(identity: str) -> str:
    if not is_endpoint(identity):
        return without_precision(identity)
    _, address, model = (*identity.split(" ", 2), "", "")[:3]
    return of_endpoint(address, model)


def described(identity: str) -> str:
    """An identity as people are shown it: the model and its host, or the first digits of the hash.

    >>> described("endpoint https://me:word@host:8000/v1 gpt-small")
    'gpt-small at host:8000'
    >>> described("b179c9523d0e6a0f98a330c7562b682750a6f8c8-float32")
    'b179c9523d0e'
    """
    if not is_endpoint(identity):
        return without_precision(identity)[:_SHOWN_DIGITS]
    _, address, model = (*identity.split(" ", 2), "", "")[:3]
    return f"{model} at {urlsplit(address).netloc.rpartition('@')[2]}"


def check_planned(identity: str, planned: str, name: str) -> None:
    """Raises RunError when the model at hand is not the plan's; a plan without an identity takes any."""
    if planned and not same_model(identity, planned):
        raise RunError(
            f"{name} is not the model of the plan: the plan was made with {described(planned)}, and this is "
            f"{described(identity)}. Run the advice again, then train."
        )


def check_saved(identity: str, saved: str, name: str) -> None:
    """Raises BackboneError when the model at hand is not the one that a finished run was made with."""
    if not same_model(identity, saved):
        raise BackboneError(
            f"{name} is not the model of this run: the run was made with {described(saved)}, and this is "
            f"{described(identity)}. Get the same weights, or train again."
        )
