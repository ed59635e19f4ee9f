"""The Evidence page's sections, one per instrument: ``draw(dataset, evidence)`` says what it means, then shows it."""
