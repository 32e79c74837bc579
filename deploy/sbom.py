"""Writes the bill of materials of the image as CycloneDX: `make sbom`.

It has the packages of `requirements.lock` for the image's Python with their licences, what the
wheels say that they contain (PEP 770), the programs and files inside the packages, and the base
image. The base image's own Debian packages are in no file here: a scanner reads them from it.
"""

import json
import re
import runpy
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import ExternalReference, ExternalReferenceType, XsUri
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL

FOLDER = Path(__file__).parent
LICENCES = runpy.run_path(str(FOLDER / "licences.py"))
FROM = re.compile(r"^FROM (\S+?):(\S+?)(?:@(\S+))?(?: AS \w+)?$", re.MULTILINE)


def bill() -> Bom:
    """The bill of materials."""
    lock = FOLDER / "requirements.lock"
    base = base_image()
    listed: dict[str, str] = LICENCES["pinned"](lock.read_text(), python_of(base))
    pinned = of_lock(lock)
    packages = [each for each in pinned.components if listed.get(each.name) == each.version]
    licences = LICENCES["licences"]()
    for each in packages:
        each.description = None  # the lines of the lock
        each.licenses = [licence(licences[each.name][1])]
        each.components = [*inside(each.name), *own_list(each.name)]
    bom = Bom(metadata=pinned.metadata, components=[*packages, base])
    bom.register_dependency(bom.metadata.component, bom.components)
    bom.serial_number = bom.metadata.timestamp = None  # the same each time
    return bom


def of_lock(lock: Path) -> Bom:
    """The packages of a lock with their hashes."""
    program = Path(sys.executable).with_name("cyclonedx-py")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "lock.json"
        options = ["--no-validate", "--output-reproducible", "--of", "JSON", "-o", str(file)]
        project = ["--pyproject", str(FOLDER.parent / "pyproject.toml")]
        command: list[str | Path] = [program, "requirements", *project, *options, lock]
        subprocess.run(command, check=True, capture_output=True)  # noqa: S603 our own
        bom: Bom = Bom.from_json(json.loads(file.read_text()))
    return bom


def licence(text: str) -> Any:
    """A licence, or an expression of several."""
    return LicenseFactory().make_from_string(text)


def inside(package: str) -> list[Component]:
    """What others made that a package contains."""
    return [
        Component(
            name=each.name,
            version=each.version or None,
            type=ComponentType.APPLICATION
            if each.name in ("Envoy", "Valkey")
            else ComponentType.LIBRARY,
            bom_ref=f"{package}/{each.name}",
            licenses=[licence(each.licence)],
            external_references=[
                ExternalReference(type=ExternalReferenceType.VCS, url=XsUri(each.url))
            ],
        )
        for each in LICENCES["contents"]()
        if each.package == package
    ]


def own_list(package: str) -> Iterable[Component]:
    """What a wheel's own bills of materials list; empty if it is not installed or has none."""
    for file in distribution(package).files or ():
        if ".dist-info/sboms/" in str(file) and str(file).endswith(".json"):
            told = json.loads(Path(str(file.locate())).read_text())
            for each in told.get("components", ()):
                yield Component(
                    name=each["name"],
                    version=each.get("version"),
                    bom_ref=f"{package}/{each['name']}@{each.get('version')}",
                    purl=PackageURL.from_string(each["purl"]) if each.get("purl") else None,
                    licenses=[licence(found) for found in told_licences(each)],
                )


def told_licences(component: dict[str, Any]) -> list[str]:
    """The licences of a component as another tool wrote them."""
    told = component.get("licenses", ())
    found = [e.get("expression") or e["license"].get("id") or e["license"]["name"] for e in told]
    return [" AND ".join(found)] if found else []


def base_image() -> Component:
    """The image that ours is built upon, from the Dockerfile."""
    found = set(FROM.findall((FOLDER / "Dockerfile").read_text()))
    [(name, tag, digest)] = found
    return Component(
        name=name,
        version=tag,
        type=ComponentType.CONTAINER,
        bom_ref=f"{name}:{tag}",
        purl=PackageURL("docker", None, name, digest or tag, {"tag": tag} if digest else {}),
        description="the base image; its Debian packages are not listed here",
    )


def python_of(base: Component) -> str:
    """The oldest Python that a base image's tag may mean: 3.12.0 of 3.12-slim-bookworm."""
    [version] = re.findall(r"^\d+\.\d+", base.version or "")
    return f"{version}.0"


if __name__ == "__main__":
    target = Path(sys.argv[1])
    text = JsonV1Dot6(bill()).output_as_string(indent=2)
    if wrong := JsonStrictValidator(SchemaVersion.V1_6).validate_str(text):
        raise SystemExit(f"the bill of materials is not valid: {wrong}")
    target.write_text(f"{text}\n")
    sys.stdout.write(f"wrote {target.name}\n")
