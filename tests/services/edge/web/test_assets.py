"""The page's files come from installed packages, and from nowhere else."""

import gzip
import re

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from services.edge.web import assets


@pytest.fixture(scope="module")
def web():
    with TestClient(Starlette(routes=assets.routes())) as client:
        yield client


def test_all_that_the_page_and_its_modules_load_is_served(web):
    page = (assets.STATIC / "index.html").read_text()
    wanted = set(re.findall(r'(?:href|src)="(/(?:assets|map)/[^"]+)"', page))
    for path in assets.STATIC.rglob("*.js"):
        for module in re.findall(r'from "(\.[^"]+)"', path.read_text()):
            target = (path.parent / module).resolve().relative_to(assets.STATIC.resolve())
            wanted.add(f"/assets/{target}")
    for sheet in assets.STATIC.rglob("*.css"):
        wanted.update(re.findall(r'url\("([^"]+)"\)', sheet.read_text()))

    assert len(wanted) > 30
    assert [] == [path for path in wanted if web.get(path).status_code != 200]
    assert [] == [path for path in wanted if not path.startswith("/")]


def test_nothing_is_loaded_from_elsewhere():
    for path in assets.STATIC.rglob("*"):
        if path.suffix in {".js", ".css", ".html"}:
            loads = re.findall(
                r"(?:src|import|url\()[=( ]*[\"'](https?://[^\"']+)", path.read_text()
            )
            assert [] == [load for load in loads if "shops.example" not in load], path


def test_a_font_is_sent_compressed_and_kept(web):
    answer = web.get("/assets/font/regular.ttf", headers={"accept-encoding": "gzip"})
    plain = web.get("/assets/font/regular.ttf", headers={"accept-encoding": "identity"})
    assert ("gzip", "font/ttf") == (
        answer.headers["content-encoding"],
        answer.headers["content-type"],
    )
    assert "content-encoding" not in plain.headers
    assert answer.content == plain.content
    assert len(gzip.compress(plain.content)) < 150_000


@pytest.mark.parametrize("path", ["/assets/font/none.ttf", "/assets/maplibre/../../setup.py"])
def test_no_other_file_of_a_package_is_served(web, path):
    assert 404 == web.get(path).status_code
