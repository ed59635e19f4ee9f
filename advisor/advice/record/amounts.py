"""Money, energy and memory in words, the same on the page, in the command and in the decision record."""

from __future__ import annotations

from advisor.advice import explain


def money(amount: float) -> str:
    """An amount in the user's own currency, which has no sign here; nothing is written as a power of ten.

    >>> [money(x) for x in (0, 0.00002, 0.0123, 1.5, 12, 1234.5)]
    ['0', 'under 0.001', '0.012', '1.5', '12', '1,234']
    """
    return "under 0.001" if 0 < amount < 0.001 else explain.money(amount)


def energy(watt_hours: float) -> str:
    """Energy in watt-hours or kilowatt-hours.

    >>> [energy(x) for x in (0, 0.004, 0.42, 12.3, 1500)]
    ['none', 'under 0.01 Wh', '0.42 Wh', '12 Wh', '1.5 kWh']
    """
    if watt_hours < 0.01:
        return "under 0.01 Wh" if watt_hours > 0 else "none"
    if watt_hours < 1000:
        return f"{watt_hours:.{2 if watt_hours < 1 else 1 if watt_hours < 10 else 0}f} Wh"
    return f"{watt_hours / 1000:,.1f} kWh"


def memory(n_bytes: float) -> str:
    """Bytes as megabytes or gigabytes, decimal.

    >>> memory(640e6), memory(2.13e9)
    ('640 MB', '2.1 GB')
    """
    return f"{n_bytes / 1e6:,.0f} MB" if n_bytes < 1e9 else f"{n_bytes / 1e9:,.1f} GB"
