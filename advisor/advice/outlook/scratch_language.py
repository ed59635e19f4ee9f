"""Why nobody trains a language model from scratch for their documents: the tokens, the seconds, the money.

Hoffmann et al., "Training Compute-Optimal Large Language Models", NeurIPS 2022, https://arxiv.org/abs/2203.15556: a
model of N parameters needs about 20 N tokens; training takes about 6 N D floating-point operations for D tokens (Kaplan
et al., "Scaling Laws for Neural Language Models", 2020, https://arxiv.org/abs/2001.08361).
"""

from __future__ import annotations

from dataclasses import dataclass

from advisor.advice.outlook.common import needed
from advisor.core.ladder import FRESH
from advisor.core.records import Estimate, Evidence

TOKENS_PER_PARAMETER = 20
#: Assumptions: this machine's processor draws so many watts; a rented accelerator reaches 40 % of an H100's 989 TFLOP/s
#: in bfloat16, draws 700 W and costs 3 dollars an hour; a kilowatt-hour costs 0.30 dollars.
DEVICE_WATTS = 65.0
RENTED_FLOPS, RENTED_WATTS = 0.4 * 989e12, 700.0


@dataclass(frozen=True)
class Price:
    """What compute-optimal training from scratch takes: here, and on one rented accelerator."""

    parameters: float
    tokens: float
    operations: float
    device_seconds: float
    device_kwh: float
    rented_seconds: float
    rented_kwh: float


def price(parameters: float, flops_per_second: float) -> Price:
    """The arithmetic for a model of so many parameters on a device that was measured at so many operations a second.

    >>> round(price(135e6, 1e11).tokens / 1e9, 1), round(price(135e6, 1e11).device_seconds / 86400)
    (2.7, 253)
    """
    tokens = TOKENS_PER_PARAMETER * parameters
    operations = 6 * parameters * tokens
    device, rented = operations / flops_per_second, operations / RENTED_FLOPS
    return Price(
        parameters, tokens, operations, device, device * DEVICE_WATTS / 3.6e6, rented, rented * RENTED_WATTS / 3.6e6
    )  # fmt: skip


def estimate(evidence: Evidence) -> Estimate:
    """Priced, and not available: the documents hold a tiny share of the tokens."""
    probe = needed(evidence, "closed book")
    cost = price(float(probe.settings["parameters"]), float(probe.settings["flops_per_second"]))
    own = float(probe.settings["document_tokens"])
    return Estimate(
        rung=FRESH,
        available=False,
        settings={"tokens": cost.tokens, "operations": cost.operations, "document_tokens": own},
        train_seconds=cost.device_seconds,
        reason=verdict(cost, own),
        details=sums(cost, float(probe.settings["flops_per_second"])),
    )


def verdict(cost: Price, own: float) -> str:
    """Why not, in two sentences with the numbers."""
    return (
        f"Not feasible: a language model of {cost.parameters / 1e6:,.0f} million parameters needs about "
        f"{cost.tokens / 1e9:.1f} billion tokens, and these documents hold about {own:,.0f} "
        f"({share_of(own / cost.tokens)}). "
        f"Training would take {spoken_days(cost.device_seconds)} on this machine."
    )


def share_of(share: float) -> str:
    """A share that may be tiny.

    >>> share_of(0.0123), share_of(1e-9)
    ('1.2300 %', 'under 0.0001 %')
    """
    return "under 0.0001 %" if share < 1e-6 else f"{100 * share:.4f} %"


def sums(cost: Price, flops_per_second: float) -> str:
    """The arithmetic, step by step."""
    return (
        f"20 tokens per parameter (Hoffmann et al., 2022) are {cost.tokens:.1e} tokens; 6 operations per parameter and "
        f"token are {cost.operations:.1e}. Measured here: {flops_per_second:.1e} operations a second, so "
        f"{spoken_days(cost.device_seconds)} and {cost.device_kwh:,.0f} kWh at {DEVICE_WATTS:.0f} W, "
        f"or {cost.rented_seconds / 3600:,.1f} h and {cost.rented_kwh:,.1f} kWh on an H100 at "
        f"{RENTED_WATTS:.0f} W and 40 % use. What is missing is tokens, and no "
        f"machine makes them out of these documents."
    )


def spoken_days(seconds: float) -> str:
    """Days or years.

    >>> spoken_days(86400 * 3), spoken_days(86400 * 800)
    ('3 days', '2.2 years')
    """
    days = seconds / 86400
    return f"{days:,.0f} days" if days < 730 else f"{days / 365.25:,.1f} years"
