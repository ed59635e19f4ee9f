"""Fields that earlier versions wrote only as a sentence or in other units, derived once when such a file is loaded.

Nothing else reads a sentence. These are the words as they were written then; do not reword them.
"""

from __future__ import annotations

from typing import Any

DROPPED = "Fine-tuning was dropped for the frozen model: "
MOSTLY_HARD = "Most of what it lists here may be hard and not wrong; look from the top."


def with_dropped(report: dict[str, Any]) -> dict[str, Any]:
    """A report's content with ``dropped``."""
    sentences = report.get("sentences")
    if "dropped" in report or not isinstance(sentences, list):
        return report
    sentence = next((str(sentence) for sentence in sentences if str(sentence).startswith(DROPPED)), "")
    return {**report, "dropped": sentence.removeprefix(DROPPED).removesuffix(".")}


def with_mostly_hard(evidence: dict[str, Any]) -> dict[str, Any]:
    """Evidence's content with ``mostly_hard`` in its findings."""
    findings = evidence.get("findings")
    if not isinstance(findings, list) or not all(isinstance(one, dict) for one in findings):
        return evidence  # damaged: the validation says so
    return {
        **evidence,
        "findings": [{"mostly_hard": str(one.get("sentence")).endswith(MOSTLY_HARD), **one} for one in findings],
    }


def with_points(advice: dict[str, Any]) -> dict[str, Any]:
    """Advice's content with a tolerance, and utilities in points: both were amounts of money."""
    question, estimates = advice.get("question"), advice.get("estimates")
    if not isinstance(question, dict) or "tolerance" in question or not isinstance(estimates, list):
        return advice
    prices = question.get("prices", {})
    point, step = (prices.get(name) or 0.0 for name in ("point", "rung"))
    if not point:
        return {**advice, "question": {**question, "tolerance": 0.0}}
    return {
        **advice,
        "question": {**question, "tolerance": step / point},
        "estimates": [
            {**one, "utility": one["utility"] / point} if isinstance(one, dict) and one.get("utility") else one
            for one in estimates
        ],
    }
