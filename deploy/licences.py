"""Writes the licences of what the image holds, `licences.md`, from the metadata of the installed.

Run it in an environment that has what `requirements.lock` pins: `make licences`.
"""

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

What `requirements.lock` pins, as the metadata of each package say; `make licences` writes it.
Why each was chosen: [`dependencies.md`](dependencies.md).

| package | version | licence |
|---|---|---|
"""
KNOWN = {
    "Apache License 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
}
TOLD = {"font-source-sans-pro": "OFL-1.1", "resvg-py": "MIT"}
"""Of packages whose metadata say nothing that one can use; read from their files."""


def pinned(lock: str) -> dict[str, str]:
    """The packages of a lock that this platform takes, with their versions."""
    return {
        name: version
        for name, version, marker in PINNED.findall(lock)
        if not marker or Marker(marker).evaluate()
    }


def licence(name: str, package: Distribution) -> str:
    """The licence of a package: its SPDX expression, else its classifiers, else its own words."""
    metadata = package.metadata
    if told := TOLD.get(name):
        return told
    if expression := metadata.get("License-Expression"):
        return str(expression)
    classifiers = [
        each.rpartition(" :: ")[2]
        for each in metadata.get_all("Classifier") or ()
        if each.startswith("License :: ") and each != "License :: OSI Approved"
    ]
    if classifiers:
        return " or ".join(sorted({KNOWN.get(each, each) for each in classifiers}))
    text = (metadata.get("License") or "").strip().split("\n")[0]
    return KNOWN.get(text, text)


def rows() -> list[str]:
    """A row of the table for each package.

    Raises:
        SystemExit: one is not installed, in another version, or does not say its licence.
    """
    found, wrong = [], []
    for name, version in sorted(pinned((FOLDER / "requirements.lock").read_text()).items()):
        try:
            package = distribution(name)
        except PackageNotFoundError:
            wrong.append(f"{name} is not installed")
            continue
        if package.version != version:
            wrong.append(f"{name} is installed as {package.version}, pinned as {version}")
        if not (told := licence(name, package)):
            wrong.append(f"{name} does not say its licence")
        found.append(f"| {name} | {version} | {told} |")
    if wrong:
        raise SystemExit("\n".join(wrong))
    return found


def document() -> str:
    """The file's text."""
    return HEAD + "\n".join(rows()) + "\n"


if __name__ == "__main__":
    TARGET.write_text(document())
    sys.stdout.write(f"wrote {TARGET.name}\n")
