"""Several labels per item: what the probes measure on a backbone's features, each label by itself."""
