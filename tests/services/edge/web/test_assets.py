"""The page's files come from installed packages, and from nowhere else."""

import re
from urllib.parse import urljoin

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from services.edge.web import assets, templates


@pytest.fixture(scope="module")
def web():
    with TestClient(Starlette(routes=assets.routes())) as client:
        yield client


def test_all_that_the_page_and_its_modules_load_is_served(web):
    base = assets.base()
    page = (templates.FOLDER / "locator.html").read_text()
    wanted = {base + path for path in re.findall(r'(?:href|src)="{{ assets }}([^"{]+)"', page)}
    for path in assets.STATIC.rglob("*.js"):
        for module in re.findall(r'(?:from |import\()"(\.[^"]+)"', path.read_text()):
            target = (path.parent / module).resolve().relative_to(assets.STATIC.resolve())
            wanted.add(f"{base}{target}")
    for sheet in assets.STATIC.rglob("*.css"):
        for address in re.findall(r'url\("([^"]+)"\)', sheet.read_text()):
            wanted.add(urljoin(f"{base}styles/", address))
    wanted |= {f"{base}maplibre/{name}" for name in assets.MAPLIBRE}

    assert len(wanted) > 30
    assert [] == [path for path in wanted if web.get(path).status_code != 200]
    assert [] == [path for path in wanted if not path.startswith(base)]


def test_a_module_and_all_that_it_imports_are_announced_at_once():
    found = assets.modules()
    assert {"words.js", "store/hours.js", "map/late.js"} < set(found)
    assert "map/map.js" not in found  # it comes with MapLibre, after the list


def test_files_are_kept_for_ever_under_the_present_fingerprint_alone(web):
    kept = web.get(f"{assets.base()}main.js").headers
    assert "immutable" in kept["cache-control"]
    assert kept["etag"].startswith('W/"')
    assert "no-store" == web.get("/assets/0123456789/main.js").headers["cache-control"]
    assert "no-store" == web.get("/assets/0123456789/styles/page.css").headers["cache-control"]


@pytest.mark.parametrize("path", ["{}main.js", "{}styles/page.css", "/map/base.json"])
def test_an_unchanged_file_is_not_sent_again(web, path):
    address = path.format(assets.base())
    first = web.get(address)
    again = web.get(address, headers={"if-none-match": first.headers["etag"]})
    changed = web.get(address, headers={"if-none-match": 'W/"other"'})
    assert (200, 304, b"", 200) == (
        first.status_code,
        again.status_code,
        again.content,
        changed.status_code,
    )


def test_nothing_is_loaded_from_elsewhere():
    for path in assets.STATIC.rglob("*"):
        if path.suffix in {".js", ".css", ".html"}:
            loads = re.findall(
                r"(?:src|import|url\()[=( ]*[\"'](https?://[^\"']+)", path.read_text()
            )
            assert [] == [load for load in loads if "shops.example" not in load], path


@pytest.mark.parametrize(
    "name", ["font/none.woff2", "maplibre/ipywidget.js", "maplibre/../../x.py"]
)
def test_no_other_file_of_a_package_is_served(web, name):
    assert 404 == web.get(assets.base() + name).status_code


def test_the_font_is_small_has_its_licence_and_not_the_reserved_name(web):
    fonts = sorted((assets.STATIC / "font").glob("*.woff2"))
    assert 4 == len(fonts)
    assert sum(font.stat().st_size for font in fonts if "more" not in font.name) < 40_000
    for font in fonts:
        assert "font/woff2" == web.get(f"{assets.base()}font/{font.name}").headers["content-type"]
    licence = (assets.STATIC / "font" / "LICENSE.txt").read_text()
    assert "SIL Open Font License, Version 1.1" in licence.replace(
        "SIL OPEN FONT LICENSE", "SIL Open Font License"
    )
    assert "Reserved Font Name 'Source'" in licence
    sheet = (assets.STATIC / "styles" / "look.css").read_text()
    assert "Enrayon Sans" in sheet
    assert 'font-family: "Source' not in sheet
