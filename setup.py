"""The packages; all else stands in pyproject.toml.

The numbers in `data/` are read at run time and lie at the top of the checkout, where people look for them. An
installed advisor has them as the package `advisor.data`; only `package_dir` can say so beside found packages.
"""

from setuptools import find_packages, setup

setup(
    packages=[*find_packages(include=["advisor*", "probes*"]), "advisor.data"],
    package_dir={"advisor.data": "data"},
)
