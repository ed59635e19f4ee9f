"""What a GPU does for the whole line, in eight minutes: each figure beside its bound, from nothing but this folder."""
