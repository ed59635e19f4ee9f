"""Fields that earlier versions wrote only as a sentence or in other units, derived once when such a file is loaded.

Nothing else reads a sentence. These are the words as they were written then; do not reword them.
"""

from __future__ import annotations

from typing import Any

DROPPED = "Fine-tuning was dropped for the frozen model: "
NO_STATE = ("no state after the start validated better", "the training diverged")
MOSTLY_HARD = "Most of what it lists here may be hard and not wrong; look from the top."


def with_dropped(report: dict[str, Any]) -> dict[str, Any]:
    """A report's content with ``dropped``."""
    sentences = report.get("sentences")
    if "dropped" in report or not isinstance(sentences, list):
        return report
    sentence = next((str(sentence) for sentence in sentences if str(sentence).startswith(DROPPED)), "")
    return {**report, "dropped": sentence.removeprefix(DROPPED).removesuffix(".")}


def with_gained_nothing(report: dict[str, Any]) -> dict[str, Any]:
    """A report's content with ``gained_nothing``: both values were compared, or no state after the start was better."""
    if "gained_nothing" in report:
        return report
    compared = isinstance(report.get("validation"), dict) and "tuned" in report["validation"]
    return {**report, "gained_nothing": bool(report.get("dropped")) and (compared or report["dropped"] in NO_STATE)}


def with_mostly_hard(evidence: dict[str, Any]) -> dict[str, Any]:
    """Evidence's content with ``mostly_hard`` in its findings."""
    findings = evidence.get("findings")
    if not isinstance(findings, list) or not all(isinstance(one, dict) for one in findings):
        return evidence  # damaged: the validation says so
    return {
        **evidence,
        "findings": [{"mostly_hard": str(one.get("sentence")).endswith(MOSTLY_HARD), **one} for one in findings],
    }


#: Prices that every goal had before there were none by default.
PRICES = {"point": 100.0, "rung": 50.0, "hour": 1.0, "label": 0.1, "kwh": 0.3, "token": 1.0,
          "predictions_per_month": 10_000, "months": 12}  # fmt: skip
COSTS: dict[str, Any] = {"costs": {}, "price_per_1000": None, "labels_price": None}


def with_points(advice: dict[str, Any]) -> dict[str, Any]:
    """Advice's content with a tolerance, and utilities in points: both were amounts of money.

    Prices that the user had left as they were are none.
    """
    question, estimates = advice.get("question"), advice.get("estimates")
    if not isinstance(question, dict) or "tolerance" in question or not isinstance(estimates, list):
        return advice
    prices = question.get("prices", {})
    own = {name: price for name, price in prices.items() if name in PRICES} != PRICES
    point, step = (prices.get(name) or 0.0 for name in ("point", "rung"))
    return {
        **advice,
        "question": {**question, "tolerance": step / point if point else 0.0, "prices": prices if own else {}},
        "estimates": [_in_points(one, point, own) if isinstance(one, dict) else one for one in estimates],
    }


def _in_points(estimate: dict[str, Any], point: float, own: bool) -> dict[str, Any]:
    """An estimate's content with its utility in points, and without costs at prices that nobody had given."""
    points = {"utility": estimate["utility"] / point} if point and estimate.get("utility") else {}
    return {**estimate, **points, **({} if own else COSTS)}
