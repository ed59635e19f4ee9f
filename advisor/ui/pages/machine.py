"""What does it run on? The device and its speed, the models, costs, the check-up, and the workspace."""

from __future__ import annotations

from advisor.ui import language, parts
from advisor.ui.machine import checkup, costs, device, weights, workspace

QUESTION = "What does it run on?"


def draw() -> None:
    """The page."""
    facts, speeds, entries = device.device_facts(), device.speeds(), weights.catalog()
    n_ready = sum(here for _, here in entries)
    parts.heading(QUESTION, device.answer(speeds, facts.get("Device", "cpu").upper(), n_ready))
    weights.draw(entries)
    language.draw()
    costs.draw()
    checkup.draw()
    workspace.draw()
    device.draw(speeds, facts)


if __name__ == "__main__":
    draw()
