"""A finished run behind an address: HTTP requests in, labels or answers out, together in batches."""
