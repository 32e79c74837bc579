"""Writes the licences of the image's packages, `licences.md`, from their installed metadata.

Run it in an environment with the packages of `requirements.lock`: `make licences`.
"""

import platform
import re
import sys
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.markers import Marker

FOLDER = Path(__file__).parent
TARGET = FOLDER / "licences.md"
PINNED = re.compile(
    r"^([a-z0-9][\w.-]*)(?:\[[^]]*\])?==([^\s;]+)(?: *; *(.*?))? *\\$", re.MULTILINE
)
HEAD = """# Licences of dependencies

The packages of `requirements.lock` for Linux, with the licence in their metadata; `make licences`
writes it. A package has two versions if a newer Python uses a newer one. The reasons for each:
[`dependencies.md`](dependencies.md).

| package | version | licence |
|---|---|---|
"""
SPDX_IDS = {
    "Apache License 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
}
UNSTATED = {"font-source-sans-pro": "OFL-1.1", "pyrage": "MIT", "resvg-py": "MIT"}
"""Licences of packages without usable metadata, read from their files."""
OF_SOME_PYTHONS = {"async-timeout": "Apache-2.0"}
"""Licences of packages that only some Pythons need; if one is installed, its metadata decides."""
PYTHONS = ("3.11.2", "3.11.3", "3.12.0", "3.13.0", "3.14.0")
"""The oldest Python of each range that the markers of a lock distinguish."""


def pinned(lock: str, python: str = platform.python_version()) -> dict[str, str]:
    """The packages of a lock for a Python on this platform, with their versions."""
    environment = {"python_full_version": python, "python_version": python.rpartition(".")[0]}
    return {
        name: version
        for name, version, marker in PINNED.findall(lock)
        if not marker or Marker(marker).evaluate(environment)
    }


def pinned_by_any(lock: str) -> dict[str, list[str]]:
    """The packages of a lock for any Python on this platform, with all their versions."""
    found: dict[str, list[str]] = {}
    for python in PYTHONS:
        for name, version in pinned(lock, python).items():
            versions = found.setdefault(name, [])
            if version not in versions:
                versions.append(version)
    return found


def licence(name: str, package: Distribution) -> str:
    """The licence of a package: its SPDX expression, else its classifiers, else its free text."""
    metadata = package.metadata
    if name in UNSTATED:
        return UNSTATED[name]
    if expression := metadata.get("License-Expression"):
        return str(expression)
    classifiers = [
        each.rpartition(" :: ")[2]
        for each in metadata.get_all("Classifier") or ()
        if each.startswith("License :: ") and each != "License :: OSI Approved"
    ]
    if classifiers:
        return " or ".join(sorted({SPDX_IDS.get(each, each) for each in classifiers}))
    text = (metadata.get("License") or "").strip().split("\n")[0]
    return SPDX_IDS.get(text, text)


def rows() -> list[str]:
    """A row of the table for each package.

    Raises:
        SystemExit: a package is missing, has another version, or has no licence in its metadata.
    """
    lock = (FOLDER / "requirements.lock").read_text()
    here = pinned(lock)
    found, wrong = [], []
    for name, versions in sorted(pinned_by_any(lock).items()):
        found_licence = OF_SOME_PYTHONS.get(name, "")
        if name in here:
            try:
                package = distribution(name)
            except PackageNotFoundError:
                wrong.append(f"{name} is not installed")
                continue
            if package.version != here[name]:
                wrong.append(f"{name} is installed as {package.version}, pinned as {here[name]}")
            found_licence = licence(name, package)
        if not found_licence:
            wrong.append(f"{name} has no licence in its metadata")
        found.append(f"| {name} | {', '.join(versions)} | {found_licence} |")
    if wrong:
        raise SystemExit("\n".join(wrong))
    return found


def document() -> str:
    """The file's text."""
    return HEAD + "\n".join(rows()) + "\n"


if __name__ == "__main__":
    TARGET.write_text(document())
    sys.stdout.write(f"wrote {TARGET.name}\n")
