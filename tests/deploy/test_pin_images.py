"""Images are pinned by the digests that the registry tells, in all files or in none."""

import re
import runpy
import shutil
import sys
from pathlib import Path

import pytest

from tests.deploy.queries import DEPLOY

PIN = runpy.run_path(str(DEPLOY / "pin_images.py"))
OLD, NEW = f"sha256:{'a' * 64}", f"sha256:{'b' * 64}"
RUN = """#!/bin/sh
exec '{python}' "$0.py" "$@"
"""
DOCKER = """import sys
image = sys.argv[4]
assert sys.argv[1:4] == ["buildx", "imagetools", "inspect"], sys.argv
if image in {refused!r}:
    sys.exit("no such image")
print({digest!r})
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the files that name images."""
    for name in PIN["FILES"]:
        target = tmp_path / "deploy" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(DEPLOY / name, target)
    return tmp_path / "deploy"


@pytest.fixture
def docker(tmp_path: Path, monkeypatch):
    """Sets what a program `docker` answers."""
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    (tmp_path / "bin").mkdir()

    def answer(digest: str, refused: tuple[str, ...] = ()) -> None:
        program = tmp_path / "bin" / "docker"
        program.write_text(RUN.format(python=sys.executable))
        program.with_suffix(".py").write_text(DOCKER.format(digest=digest, refused=refused))
        program.chmod(0o755)

    return answer


def foreign(folder: Path) -> list[str]:
    """All images of the files that are not built here."""
    found = [
        image
        for name in PIN["FILES"]
        for image in re.findall(r"^(?:FROM|\s+image:) (\S+)", (folder / name).read_text(), re.M)
    ]
    return [image for image in found if not image.startswith("enrayon")]


def test_every_image_of_others_is_pinned_and_pinned_anew(folder, docker):
    before = foreign(folder)
    assert 4 <= len(before)
    for digest in (OLD, NEW):
        docker(digest)
        PIN["main"](folder)
        assert [f"{each.partition('@')[0]}@{digest}" for each in before] == foreign(folder)


@pytest.mark.parametrize("answer", ["", "latest", "sha256:short"])
def test_what_is_no_digest_changes_nothing(folder, docker, answer):
    before = foreign(folder)
    docker(answer)
    with pytest.raises(SystemExit, match="cannot be had"):
        PIN["main"](folder)
    assert before == foreign(folder)


def test_an_image_that_is_not_there_changes_nothing(folder, docker):
    before = foreign(folder)
    docker(OLD, refused=(before[-1].partition("@")[0],))
    with pytest.raises(SystemExit, match="no such image"):
        PIN["main"](folder)
    assert before == foreign(folder)


def test_without_docker_it_says_so(folder, docker):
    with pytest.raises(SystemExit, match="docker with buildx is needed"):
        PIN["main"](folder)
