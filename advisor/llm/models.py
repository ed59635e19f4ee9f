"""The language model as the advisor loads it: one place, one cache of conversions for all workspaces of a user."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from advisor.core.addresses import public_address
from advisor.core.errors import BackboneError
from advisor.llm.identity import of_weights
from probes.progress import Progress, silent

if TYPE_CHECKING:
    from advisor.llm.endpoint import Endpoint, EndpointSettings
    from advisor.llm.prompt_cache import CachedChatModel
    from probes.backbones.catalog import Entry
    from probes.backbones.language import LanguageModel

#: The name that means the configured OpenAI-compatible endpoint.
ENDPOINT = "endpoint"


def models_folder() -> Path:
    """Where converted language models are kept (269 MB for the default): the user's cache, not the workspace.

    A conversion belongs to the weights, not to anybody's data, and every new workspace would pay 15 seconds again.
    """
    from platformdirs import user_cache_path

    return user_cache_path("transfer-advisor", appauthor=False) / "models"


def load_language_model(name: str | None = None, device: str = "cpu", progress: Progress = silent) -> LanguageModel:
    """The language model called `name` (None: the default). Raises BackboneError when it is not available here."""
    from probes.backbones.language import LanguageModel

    return LanguageModel.load(entry_of(name), models_folder(), device, progress)


def chat_model(
    name: str | None = None,
    device: str = "cpu",
    progress: Progress = silent,
    secrets: Mapping[str, str] | None = None,
) -> CachedChatModel:
    """A language model to ask, its answers remembered in the workspace.

    name: None (the default), a name of the catalog, a hub name, a local folder, or ``endpoint`` for the configured
    OpenAI-compatible one. secrets: the endpoint's settings where they are not in the environment. Raises BackboneError
    when weights are not available here, and EndpointError when no endpoint is configured.
    """
    from advisor.llm.prompt_cache import CachedChatModel

    if name == ENDPOINT:
        from advisor.llm.endpoint import EndpointSettings

        return CachedChatModel(endpoint(EndpointSettings.configured(secrets)))
    return CachedChatModel(kept_language_model(name, device, progress))


@functools.lru_cache(maxsize=8)
def endpoint(settings: EndpointSettings) -> Endpoint:
    """The one client of these settings in this process, so that what it spends is counted, and limited, together."""
    from advisor.llm.endpoint import Endpoint

    return Endpoint(settings)


def entry_of(name: str | None) -> Entry:
    """The catalog's entry of a local language model. Raises BackboneError for an unknown name and for an address."""
    from probes.backbones import catalog

    if name and "://" in name:
        raise BackboneError(
            f"{public_address(name)} is an address, and a model is named here. Set ADVISOR_LLM_BASE_URL to the "
            f"address and give the name {ENDPOINT}."
        )
    return catalog.find(name, "language") if name else catalog.default("language")


def identities(name: str | None) -> tuple[str, ...]:
    """The identities that `chat_model` of this name may have here, without loading it: one for each precision.

    Raises BackboneError when the weights are not here, and EndpointError when no endpoint is configured.
    """
    if name == ENDPOINT:
        from advisor.llm.endpoint import EndpointSettings

        return (EndpointSettings.configured().identity,)
    from probes.backbones.weights import weights_hash

    return of_weights(weights_hash(entry_of(name)))


def check(name: str | None, secrets: Mapping[str, str] | None = None) -> None:
    """Raise at once what asking `name` would raise minutes later: EndpointError, BackboneError for a strange name."""
    if name == ENDPOINT:
        from advisor.llm.endpoint import EndpointSettings

        EndpointSettings.configured(secrets)
    else:
        entry_of(name)


def missing(name: str | None = None) -> str | None:
    """Why the language model is not available here and what to do, in a sentence; None when it is here."""
    from probes.backbones.weights import available

    if name == ENDPOINT:
        from advisor.core.errors import EndpointError
        from advisor.llm.endpoint import EndpointSettings

        try:
            EndpointSettings.configured()
        except EndpointError as error:
            return str(error)
        return None
    here, why = available(entry_of(name))
    return None if here else why


@functools.lru_cache(maxsize=1)
def _kept(entry: Entry, device: str) -> list[LanguageModel]:
    """Room for the model asked for last: loading it twice in a process would cost seconds and memory."""
    return []


def kept_language_model(name: str | None = None, device: str = "cpu", progress: Progress = silent) -> LanguageModel:
    """As `load_language_model`, but the one that this process has already; only for reading, never for training."""
    entry = entry_of(name)
    place = _kept(entry, device)
    if not place:
        place.append(load_language_model(name, device, progress))
    return place[0]
