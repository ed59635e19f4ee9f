"""Every rung on every task, and what users would write instead: `make bench-rungs`."""
