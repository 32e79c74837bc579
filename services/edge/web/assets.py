"""Serves the files of the web locator: its own, the sample's base map, those of packages."""

import gzip
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from geodata.samples import HELSINKI_MAP

STATIC = Path(__file__).parent / "static"
CACHED = {"cache-control": "public, max-age=3600"}
LONG_CACHED = {"cache-control": "public, max-age=2592000"}
FONTS = {"regular.ttf": "SourceSansPro-Regular.ttf", "semibold.ttf": "SourceSansPro-Semibold.ttf"}
MAPLIBRE = frozenset({"maplibre-gl.js", "maplibre-gl.css"})


def routes() -> list[Route | Mount]:
    """The routes of the files."""
    return [
        Route("/map/base.json", base_map),
        Route("/embed.js", embed_script),
        Route("/assets/maplibre/{name}", maplibre_file),
        Route("/assets/font/{name}", font),
        Mount("/assets", StaticFiles(directory=STATIC)),
    ]


async def base_map(request: Request) -> Response:
    """The sample's streets, water and buildings as GeoJSON, from a gzip file."""
    return _gzipped(request, HELSINKI_MAP.read_bytes(), "application/json", CACHED)


async def embed_script(_: Request) -> Response:
    """The script that embeds the locator into another page."""
    return FileResponse(STATIC / "embed.js", headers=CACHED)


async def maplibre_file(request: Request) -> Response:
    """A file of MapLibre GL JS, from its Python package."""
    name = request.path_params["name"]
    if name not in MAPLIBRE:
        raise HTTPException(404)
    return FileResponse(_package("maplibre") / "srcjs" / name, headers=CACHED)


async def font(request: Request) -> Response:
    """A weight of the page's font, from its Python package."""
    name = FONTS.get(request.path_params["name"])
    if name is None:
        raise HTTPException(404)
    return _gzipped(request, _compressed_font(name), "font/ttf", LONG_CACHED)


def _gzipped(request: Request, content: bytes, media_type: str, cached: dict[str, str]) -> Response:
    headers = {**cached, "vary": "accept-encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        headers["content-encoding"] = "gzip"
    else:
        content = gzip.decompress(content)
    return Response(content, headers=headers, media_type=media_type)


@cache
def _compressed_font(name: str) -> bytes:
    return gzip.compress((_package("font_source_sans_pro") / "files" / name).read_bytes())


@cache
def _package(name: str) -> Path:
    # Importing these packages would load much code that only notebooks need.
    spec = find_spec(name)
    assert spec
    assert spec.origin
    return Path(spec.origin).parent
