"""Tagging: spans of words in sentences, found and scored. Words in, spans out; nothing here knows of datasets."""
