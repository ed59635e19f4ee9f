"""The figures that the instruments are held against, measured: ``python -m advisor.bench.probes [INSTRUMENT ...]``."""
