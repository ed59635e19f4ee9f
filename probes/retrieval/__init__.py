"""Search in documents: cut into chunks, found by words and by meaning, measured apart from the answer."""
