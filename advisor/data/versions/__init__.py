"""Decisions about items, and the versions of a dataset that they make; the user's own files are never changed."""
