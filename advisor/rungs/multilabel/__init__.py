"""The rungs that carry out several labels in a way of their own; the others ask `advisor.rungs.label_sets`."""
