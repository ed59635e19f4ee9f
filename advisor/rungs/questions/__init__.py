"""The five rungs where questions are answered over documents; the others are `advisor.rungs`' own modules."""
