"""The Evidence page's instruments: ``card(dataset, evidence)`` is what one says, or None where it measured nothing."""
