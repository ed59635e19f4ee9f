"""The rungs on tagged sentences: type names, labelled words, a head on words, the encoder with it, a random field."""
