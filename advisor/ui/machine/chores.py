"""What the Machine page has done by another process: fetching weights, the check-up, a question to the endpoint."""

from __future__ import annotations

import time

from advisor import doctor
from advisor.doctor import Check
from advisor.llm import models
from advisor.llm.endpoint import EndpointSettings
from probes.backbones import catalog, weights
from probes.chat import Prompt
from probes.progress import Progress

QUESTION = Prompt(system="You answer in one word.", user="Reply with the word: ready")


def fetch(name: str, progress: Progress) -> None:
    """Fetch the weights of a model of the catalog and check them. Raises BackboneError."""
    weights.fetch(catalog.find(name), progress)


def examine(progress: Progress) -> list[Check]:
    """What `advisor doctor` finds."""
    return doctor.examine(progress)


def try_endpoint(progress: Progress) -> tuple[str, float]:
    """Ask the endpoint for one word; returns its answer and the seconds it took. Raises EndpointError."""
    endpoint = models.endpoint(EndpointSettings.configured())
    start = time.monotonic()
    (reply,) = endpoint.generate([QUESTION], max_new_tokens=5)
    return reply.text.strip(), time.monotonic() - start
