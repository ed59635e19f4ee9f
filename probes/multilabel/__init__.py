"""Several labels per item: scores, heads, votes and word counts that give each label a probability of its own."""
