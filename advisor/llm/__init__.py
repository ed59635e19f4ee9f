"""Language models, here or behind an endpoint."""
