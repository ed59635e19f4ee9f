"""Evidence: what the probes measure on the training part, in about a minute; each task measures its own."""
