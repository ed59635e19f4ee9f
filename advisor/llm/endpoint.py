"""A language model behind any OpenAI-compatible endpoint, asked through the `openai` client.

The address, the model and the key come from the environment or from the caller (the dashboard reads Streamlit's
secrets). The key, and a name, password or query inside the address, are used for requests only: they are never written
to disk, into a log or a message, and the address is kept without them. The client waits and tries again by itself
(exponential back-off with jitter, Retry-After honoured); here stand the limits on time, on requests at once and on
tokens spent, and the words for what goes wrong.
"""

from __future__ import annotations

import base64
import os
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

import numpy as np

from advisor.core import sharing
from advisor.core.addresses import public_address, secrets_of
from advisor.core.errors import EndpointError, ProbeError
from advisor.llm.identity import of_endpoint
from advisor.llm.secrets import keep_out_of_logs, redacted
from probes.chat import Prompt, Reply

if TYPE_CHECKING:
    import openai

#: The names of the settings, in the environment and among secrets.
BASE_URL, MODEL, API_KEY = "ADVISOR_LLM_BASE_URL", "ADVISOR_LLM_MODEL", "ADVISOR_LLM_API_KEY"
NUMBERS = {
    "timeout_seconds": "ADVISOR_LLM_TIMEOUT",
    "retries": "ADVISOR_LLM_RETRIES",
    "at_once": "ADVISOR_LLM_CONCURRENCY",
    "most_tokens": "ADVISOR_LLM_TOKEN_LIMIT",
    "price_in": "ADVISOR_LLM_PRICE_IN",
    "price_out": "ADVISOR_LLM_PRICE_OUT",
}
#: Parameters that some models refuse; left out after a refusal that names them.
OPTIONAL = ("max_tokens", "temperature", "stop")


@dataclass(frozen=True)
class EndpointSettings:
    """Where to ask and how much. ``price_in`` and ``price_out``: money per million tokens, None where not known.

    ``most_tokens``: read and written together, of this process; ``at_once``: requests in flight. ``base_url`` is kept
    without a name, password or query; they go to ``user_info`` and ``query``, which requests carry and nothing shows.
    """

    base_url: str
    model: str
    api_key: str = field(repr=False, default="")
    timeout_seconds: float = 60.0
    retries: int = 5
    at_once: int = 4
    most_tokens: int = 200_000
    price_in: float | None = None
    price_out: float | None = None
    user_info: str = field(repr=False, default="")
    query: str = field(repr=False, default="")

    def __post_init__(self) -> None:
        address = self.base_url
        if "://" not in address or (public := public_address(address)) == address:
            return
        parts = urlsplit(address)
        object.__setattr__(self, "base_url", public.rstrip("/"))
        object.__setattr__(self, "user_info", self.user_info or parts.netloc.rpartition("@")[0])
        object.__setattr__(self, "query", self.query or parts.query)

    @classmethod
    def configured(cls, secrets: Mapping[str, str] | None = None) -> EndpointSettings:
        """From `secrets`, then the environment. Raises EndpointError naming what is missing or not a number, and
        where the endpoint is not the caller's to use."""
        if sharing.is_on(sharing.NO_ENDPOINT):
            raise EndpointError(
                "The endpoint of this dashboard is its owner's alone. Choose an installed model, or ask the owner to "
                "start the dashboard with --share-endpoint."
            )
        place = {**os.environ, **{name: str(value) for name, value in (secrets or {}).items()}}
        absent = [name for name in (BASE_URL, MODEL) if not place.get(name, "").strip()]
        if absent:
            raise EndpointError(
                f"No endpoint is configured: {' and '.join(absent)} missing. Set {BASE_URL} (such as "
                f"https://host/v1), {MODEL} and {API_KEY} in the environment or among the app's secrets."
            )
        url = _address(place[BASE_URL].strip().rstrip("/"), bool(place.get(API_KEY, "").strip()))
        numbers = {name: _number(place[named], named) for name, named in NUMBERS.items() if place.get(named)}
        whole = {name: int(value) if name in ("retries", "at_once", "most_tokens") else value
                 for name, value in numbers.items()}  # fmt: skip
        return cls(url, place[MODEL].strip(), place.get(API_KEY, "").strip(), **whole)  # type: ignore[arg-type]

    @property
    def identity(self) -> str:
        """What answers depend on besides the prompt."""
        return of_endpoint(self.base_url, self.model)

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every text that no message and no log may repeat, the longest first."""
        inside = secrets_of(f"http://{self.user_info}@host/?{self.query}") if self.user_info or self.query else ()
        kept = {self.api_key, self.basic, self.query, *inside} - {""}
        return tuple(sorted(kept, key=lambda secret: (-len(secret), secret)))

    @property
    def basic(self) -> str:
        """The name and password of the address as the header of basic authentication has them; "" without."""
        return base64.b64encode(unquote(self.user_info).encode()).decode() if self.user_info else ""

    @property
    def host(self) -> str:
        """The endpoint's host and port, without a user's name or a query."""
        parts = urlsplit(self.base_url)
        return f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)


@dataclass
class Usage:
    """Tokens read and written, as the responses counted them, and requests answered."""

    prompt_tokens: int = 0
    tokens: int = 0
    requests: int = 0
    reserved: int = 0

    @property
    def spent(self) -> int:
        """All tokens so far, with those that requests in flight may come to."""
        return self.prompt_tokens + self.tokens + self.reserved


class Endpoint:
    """A `ChatModel` behind an endpoint. It writes answers; it gives no probabilities of options."""

    def __init__(self, settings: EndpointSettings) -> None:
        self.settings = settings
        self.name = f"{settings.model} at {settings.host}"
        self.identity = settings.identity
        self.usage = Usage()
        self._left_out: set[str] = set()
        self._lock = threading.Lock()
        self._client = _client(settings)

    def generate(
        self, prompts: Sequence[Prompt], max_new_tokens: int = 32, stop: Sequence[str] = ("\n",)
    ) -> list[Reply]:
        """As `ChatModel.generate`. Raises EndpointError, before a request that may exceed the limit is sent too."""
        pool = ThreadPoolExecutor(max(1, self.settings.at_once), thread_name_prefix="endpoint")
        try:
            waiting = [pool.submit(self._one, prompt, max_new_tokens, tuple(stop)) for prompt in prompts]
            return [one.result() for one in waiting]
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    def option_log_p(self, prompts: Sequence[Prompt], options: Sequence[str]) -> np.ndarray:
        """Not known: raises ProbeError."""
        raise ProbeError(f"{self.name} cannot score given answers. Ask it to write the answer instead.")

    def price_per_thousand(self, predictions: int | None = None) -> float | None:
        """Money for 1,000 predictions like those asked so far (a request each); None where prices are not known."""
        n = predictions or self.usage.requests
        if self.settings.price_in is None or self.settings.price_out is None or not n:
            return None
        spent = self.usage.prompt_tokens * self.settings.price_in + self.usage.tokens * self.settings.price_out
        return spent / 1e6 / n * 1000

    def _one(self, prompt: Prompt, max_new_tokens: int, stop: tuple[str, ...]) -> Reply:
        messages = _messages(prompt)
        reserved = self._reserve(sum(len(m["content"].encode()) for m in messages) // 2 + 16 + max_new_tokens)
        used = (0, 0)
        try:
            answer = self._sent(messages, max_new_tokens, stop)
            used = _counted(answer)
        finally:
            self._settle(reserved, used)
        text = (answer.choices[0].message.content if answer.choices else None) or ""
        return Reply(_ended(text, prompt.begin, stop), None, *used)

    def _sent(self, messages: list[dict[str, str]], max_new_tokens: int, stop: tuple[str, ...]) -> Any:
        """The response; a parameter that the model refuses is left out from then on."""
        import openai

        parameters: dict[str, Any] = {"max_tokens": max_new_tokens, "temperature": 0.0, "stop": list(stop[:4])}
        for _ in OPTIONAL:
            kept = {name: value for name, value in parameters.items() if name not in self._left_out and value != []}
            if "max_tokens" in self._left_out:
                kept["max_completion_tokens"] = max_new_tokens
            try:
                return self._client.chat.completions.create(
                    model=self.settings.model, messages=messages, **kept  # type: ignore[arg-type]
                )  # fmt: skip
            except openai.BadRequestError as error:
                refused = {name for name in OPTIONAL if name in kept and name in str(error)}
                if not refused:
                    raise EndpointError(_words(error, self.settings)) from None
                self._left_out |= refused
            except (openai.OpenAIError, ValueError) as error:  # ValueError: a body that is no JSON
                raise EndpointError(_words(error, self.settings)) from None
        raise EndpointError(f"{self.name} refuses every form of request. Choose another model.")

    def _reserve(self, tokens: int) -> int:
        """Count tokens before they are spent. Raises EndpointError when they might exceed the limit."""
        with self._lock:
            if self.usage.spent + tokens > self.settings.most_tokens:
                raise EndpointError(
                    f"The next request may need {tokens:,} tokens, but {self.usage.spent:,} of at most "
                    f"{self.settings.most_tokens:,} are spent, so it was not sent. Raise "
                    f"{NUMBERS['most_tokens']} to continue."
                )
            self.usage.reserved += tokens
        return tokens

    def _settle(self, reserved: int, used: tuple[int, int]) -> None:
        with self._lock:
            self.usage.reserved -= reserved
            self.usage.prompt_tokens += used[0]
            self.usage.tokens += used[1]
            self.usage.requests += any(used)


def _client(settings: EndpointSettings) -> openai.OpenAI:
    import openai

    keep_out_of_logs(settings.secrets)
    return openai.OpenAI(
        base_url=settings.base_url,
        api_key=settings.api_key or "none",  # the client insists on one; a local server does not look
        timeout=settings.timeout_seconds,
        max_retries=settings.retries,
        default_headers={"Authorization": f"Basic {settings.basic}"} if settings.basic else None,
        default_query=dict(parse_qsl(settings.query, keep_blank_values=True)) or None,
    )


def _address(url: str, has_key: bool) -> str:
    """The address, checked. Raises EndpointError, which never repeats it: it may hold a secret."""
    try:
        parts = urlsplit(url)
        valid = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:  # a port that is no number, brackets that are no IPv6 address
        valid = False
    if not valid:
        raise EndpointError(f"{BASE_URL} is not an address. Give one such as https://host/v1.")
    if parts.fragment:
        raise EndpointError(f"{BASE_URL} has something after #, which is never sent. Give a key as {API_KEY}.")
    if has_key and "@" in parts.netloc:
        raise EndpointError(
            f"{BASE_URL} holds a name and a password, and {API_KEY} is set too. A request can carry only one of "
            f"them. Remove the other."
        )
    return url


def _messages(prompt: Prompt) -> list[dict[str, str]]:
    """The answer's first words stand at the end of the user's: not every endpoint goes on from a message of its own."""
    system = [{"role": "system", "content": prompt.system}] if prompt.system else []
    user = "\n\n".join(part for part in (prompt.user, prompt.begin) if part)
    return [*system, {"role": "user", "content": user}]


def _counted(answer: Any) -> tuple[int, int]:
    """Tokens read and written by the response's own account; none where it gives none."""
    usage = getattr(answer, "usage", None)
    return (int(usage.prompt_tokens or 0), int(usage.completion_tokens or 0)) if usage else (0, 0)


def _ended(reply: str, begin: str, stop: tuple[str, ...]) -> str:
    """The answer without its repeated beginning, up to the first stop text."""
    text = reply.strip()
    if begin.strip() and text.startswith(begin.strip()):
        text = text[len(begin.strip()) :].strip()
    ends = [place for word in stop if word and (place := text.find(word)) >= 0]
    return text[: min(ends, default=None)].strip()


def _words(error: openai.OpenAIError | ValueError, settings: EndpointSettings) -> str:
    """What went wrong and what to do. Secrets that the server's own words repeat are left out."""
    import openai

    place = f"The endpoint at {settings.host}"
    if isinstance(error, (openai.AuthenticationError, openai.PermissionDeniedError)):
        return f"{place} refused the key. Check {API_KEY}."
    if isinstance(error, openai.NotFoundError):
        return f"{place} knows no model {settings.model!r} at this address. Check {MODEL} and {BASE_URL}."
    if isinstance(error, openai.RateLimitError):
        return (
            f"{place} still reports too many requests after {settings.retries} retries. Wait, "
            f"lower {NUMBERS['at_once']}, or raise the limit at the provider."
        )
    if isinstance(error, openai.APITimeoutError):
        return f"{place} did not answer within {settings.timeout_seconds:g} s. Raise {NUMBERS['timeout_seconds']}."
    if isinstance(error, openai.APIConnectionError):
        return f"{place} cannot be reached. Check {BASE_URL} and that it is running."
    if isinstance(error, openai.APIStatusError):
        cause = (redacted(str(getattr(error, "message", error)), settings.secrets).splitlines() or [""])[0][:200]
        return f"{place} answered with status {error.status_code}: {cause.rstrip('.')}. Try again later, or check it."
    return f"{place} gave an answer that cannot be read ({type(error).__name__}). Check {BASE_URL}."


def _number(text: str, name: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < 1e12:
        raise EndpointError(f"{name} is {text!r}, which is not a number of 0 or more. Correct it.")
    return value
