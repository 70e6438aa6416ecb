"""Versions of what a figure depends on, for manifests and runs. Imports none of those packages."""

import platform
from importlib.metadata import PackageNotFoundError, version

VERSION = "0.1.0"  # of this program; pyproject.toml says the same
PACKAGES = ("torch", "transformers", "peft", "rouge-score", "scipy")


def versions() -> dict[str, str]:
    """This program's version, Python's and those of packages; "absent" where a package is not installed."""
    found = {"oubliette": VERSION, "python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "absent"
    return found
