"""Packages of the npm registry whose scripts the pages load, whole and as they were published."""

import base64
import hashlib
import tarfile
from functools import cache
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).parent


class Package(NamedTuple):
    """A package as the registry serves it."""

    name: str
    version: str
    integrity: str
    """Its hash in the registry: `npm view NAME@VERSION dist.integrity`."""
    script: str
    """The file in it that pages load."""

    @property
    def file(self) -> Path:
        """The archive: `npm pack NAME@VERSION` makes it anew."""
        return FOLDER / f"{self.name}-{self.version}.tgz"


JSQR = Package(
    "jsqr",
    "1.4.0",
    "sha512-dxLob7q65Xg2DvstYkRpkYtmKm2sPJ9oFhrhmudT1dZvNFFTlroai3AWSpLey/w5vMcLBXRgOJsbXpdN9HzU/A==",
    "package/dist/jsQR.js",
)
"""Reads QR codes in pictures, where the browser itself cannot (Apache-2.0)."""


@cache
def script(package: Package) -> bytes:
    """The script of a package.

    Raises:
        ValueError: the archive is not the one that was published.
    """
    if integrity(package.file.read_bytes()) != package.integrity:
        raise ValueError(f"{package.file.name} is not {package.name} {package.version} of npm")
    with tarfile.open(package.file) as archive:
        found = archive.extractfile(package.script)
        assert found
        return found.read()


def integrity(archive: bytes) -> str:
    """The hash of an archive as npm writes it."""
    return f"sha512-{base64.b64encode(hashlib.sha512(archive).digest()).decode()}"
