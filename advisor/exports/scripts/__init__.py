"""Scripts that are copied into an exported folder as they are; they import nothing of this program."""
