"""Correcting a dataset on the page: a gallery with keys, a table, a map, versions and what they changed."""
