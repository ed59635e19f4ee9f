"""The packages; all else stands in pyproject.toml.

The numbers in `data/` and the handbook in `docs/` are read at run time and lie where people look for them. An installed
advisor has them as the packages `advisor.resources` and `advisor.handbook`; only `package_dir` can say so.
"""

from setuptools import find_packages, setup

setup(
    packages=[*find_packages(include=["advisor*", "probes*"]), "advisor.resources", "advisor.handbook"],
    package_dir={"advisor.resources": "data", "advisor.handbook": "docs/handbook"},
)
