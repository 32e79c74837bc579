"""Pins the images of the Dockerfile, compose and Kubernetes by their digests: `make pin-images`.

It asks the registries through `docker buildx imagetools`, and writes `name:tag@sha256:...` in the
place of `name:tag`. Run it again to take what the tag names by then, and read the difference.
"""

import re
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent
FILES = (
    "Dockerfile",
    "compose.yaml",
    "kubernetes/overlays/single/valkey.yaml",
)
IMAGE = re.compile(r"^(FROM |\s+image: )((?:python|valkey/valkey):[\w.-]+)(?:@sha256:\w+)?", re.M)
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


def digest(image: str) -> str:
    """The digest that a registry has for an image of any platform.

    Raises:
        SystemExit: it cannot be had.
    """
    template = "{{.Manifest.Digest}}"
    command = ["docker", "buildx", "imagetools", "inspect", image, "--format", template]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 ours
    except FileNotFoundError:
        raise SystemExit("docker with buildx is needed to ask for digests") from None
    except subprocess.CalledProcessError as error:
        raise SystemExit(f"the digest of {image} cannot be had: {error.stderr.strip()}") from None
    found = done.stdout.strip()
    if not DIGEST.fullmatch(found):
        raise SystemExit(f"the digest of {image} cannot be had: {found!r}")
    return found


def main(folder: Path) -> None:
    """Pin the images of all files, or of none."""
    texts = {path: path.read_text() for path in (folder / name for name in FILES)}
    images = sorted({found[2] for text in texts.values() for found in IMAGE.finditer(text)})
    digests = {image: digest(image) for image in images}
    for path, text in texts.items():
        path.write_text(IMAGE.sub(lambda m: f"{m[1]}{m[2]}@{digests[m[2]]}", text))
    for image in images:
        sys.stdout.write(f"{image}@{digests[image]}\n")


if __name__ == "__main__":
    main(FOLDER)
