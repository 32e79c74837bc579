"""Scripts from the npm registry are those that were published, with their licence."""

import tarfile

import pytest

from services.edge.web import packages


@pytest.mark.parametrize("package", [packages.JSQR], ids=lambda package: package.name)
def test_an_archive_is_the_published_one(package):
    assert package.integrity == packages.integrity(package.file.read_bytes())
    with tarfile.open(package.file) as archive:
        licence = archive.extractfile("package/LICENSE")
        assert licence
        assert b"Apache License" in licence.read(300)
    assert len(packages.script(package)) > 100_000


def test_another_archive_is_refused():
    with pytest.raises(ValueError, match=r"jsqr-1\.4\.0\.tgz is not jsqr"):
        packages.script(packages.JSQR._replace(integrity="sha512-AA=="))
