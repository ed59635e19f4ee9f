"""The items in a request: JSON, files of a form, or the body itself.

Nothing is opened or fetched by name: a text is a text whatever it names, and an image is the content of its file.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from advisor.core.kinds import ModalityName
from advisor.core.wording import short
from advisor.data.read.text_encoding import decode
from advisor.rungs.saved.inputs import Unusable
from advisor.serve.limits import Limits, Refused

if TYPE_CHECKING:
    from starlette.requests import Request

_DATA_URL, _BASE64 = "data:", ";base64,"


class Asked(BaseModel):
    """The JSON of a request. ``probabilities``: whether those of all classes are wanted."""

    model_config = ConfigDict(extra="forbid", strict=True)

    inputs: str | list[str] = Field(
        description="One input or several: texts, questions, or images as base64 of their files' content."
    )
    probabilities: bool = Field(default=False, description="Whether the probability of every class is answered too.")


async def items_in(request: Request, modality: ModalityName, limits: Limits) -> tuple[list[Any], bool]:
    """The items of a request as a saved model takes them, and whether all probabilities are wanted.

    Raises Refused with what can be sent.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    asked_for = request.query_params.get("probabilities", "") if request.scope["query_string"] else ""
    everything = asked_for.lower() in ("1", "true", "yes")
    if kind == "application/json":
        asked = parsed(await request.body())
        inputs = [asked.inputs] if isinstance(asked.inputs, str) else asked.inputs
        everything = everything or asked.probabilities
        items = [_of_string(one, modality, place, limits) for place, one in enumerate(inputs, start=1)]
    elif kind == "multipart/form-data":
        items = [_of_content(content, name, modality, limits) for name, content in await _files(request, limits)]
    elif _is_item(kind, modality):
        body, name = await request.body(), "the body"
        items = [_of_content(body, name, modality, limits)]
    else:
        raise Refused(415, _what_can_be_sent(kind, modality))
    check_number(items, limits)
    return items, everything


def parsed(body: bytes) -> Asked:
    """The JSON of a request. Raises Refused with what is wrong with it."""
    try:
        return Asked.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"] if not isinstance(part, str) or part == "inputs")
        where = f" at {place}" if place else ""
        raise Refused(
            422, f'The JSON cannot be used{where} ({first["msg"]}). Send {{"inputs": ["first", "second"]}}.'
        ) from None


def check_number(items: Sequence[Any], limits: Limits) -> None:
    """Raise Refused for no item or too many."""
    if not items:
        raise Refused(422, "The request holds no input. Send at least one.")
    if len(items) > limits.items:
        raise Refused(413, f"The request holds {len(items):,} inputs, more than {limits.items:,}. Send fewer at once.")


def _is_item(kind: str, modality: ModalityName) -> bool:
    """Whether a body of this type is one item by itself."""
    if modality == "image":
        return kind.startswith("image/") or kind == "application/octet-stream"
    return kind == "text/plain"


def _what_can_be_sent(kind: str, modality: ModalityName) -> str:
    one = "an image (image/png, image/jpeg …)" if modality == "image" else "a text (text/plain)"
    return (
        f"A body of the type {short(kind, 60) or 'unknown'} is not read. Send JSON (application/json), files of a form "
        f"(multipart/form-data), or {one}."
    )


async def _files(request: Request, limits: Limits) -> list[tuple[str, bytes]]:
    """Names and contents of the files in a form, in order. Raises Refused where there are none or too many."""
    from starlette.datastructures import UploadFile
    from starlette.exceptions import HTTPException

    try:
        async with request.form(max_files=limits.items, max_fields=16) as form:
            files = [value for _, value in form.multi_items() if isinstance(value, UploadFile)]
            return [(short(file.filename or "a file", 120), await file.read()) for file in files]
    except HTTPException as error:
        cause = str(error.detail).rstrip(".")
        raise Refused(422, f"The form cannot be read ({cause}). Send up to {limits.items} files.") from None


def _of_string(value: str, modality: ModalityName, place: int, limits: Limits) -> Any:
    """An input of JSON as an item."""
    if modality == "text":
        return _bounded_text(value, f"Input {place}", limits)
    name = f"image {place}"
    _, mark, rest = value.partition(_BASE64) if value.startswith(_DATA_URL) else ("", "", "")
    try:
        content = base64.b64decode(rest if mark else "".join(value.split()), validate=True)
    except (binascii.Error, ValueError):
        content = b""
    if not content:
        reason = (
            f"Input {place} is not the content of an image as base64. Paths and web addresses are not opened: send the "
            f"file itself."
        )
        return Unusable(name, reason)
    return _of_content(content, name, modality, limits)


def _of_content(content: bytes, name: str, modality: ModalityName, limits: Limits) -> Any:
    """The content of a file as an item."""
    if len(content) > limits.file_bytes:
        reason = f"{name} has {len(content) / 1e6:,.1f} MB, more than {limits.file_bytes / 1e6:g}. Make it smaller."
        return Unusable(name, reason)
    if modality == "text":
        return _bounded_text(decode(content).text, name, limits)
    return content if content else Unusable(name, f"{name} is empty (0 bytes).")


def _bounded_text(text: str, name: str, limits: Limits) -> Any:
    if len(text) > limits.text_characters:
        reason = f"{name} has {len(text):,} characters, more than {limits.text_characters:,}. Send a part of it."
        return Unusable(name, reason)
    return text
