"""Serves the files of the web locator: its own, the sample's base map, those of packages.

The paths of files begin with a fingerprint of all of them, so browsers keep each for a year and
modules import each other by relative paths.
"""

import gzip
import hashlib
import re
from functools import cache
from importlib.util import find_spec
from pathlib import Path, PurePosixPath

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from geodata.samples import HELSINKI_MAP
from services.edge.web import packages
from services.edge.web.caching import conditional

STATIC = Path(__file__).parent / "static"
HOUR = "public, max-age=3600"
FOR_EVER = "public, max-age=31536000, immutable"
MAPLIBRE = ("maplibre-gl.js", "maplibre-gl.css")
SHEETS = ("look", "layout", "panel", "store", "map", "kiosk", "plain")
"""The style sheets, in the order in which a later one wins."""
_IMPORT = re.compile(r'^(?:import|export) .*?from "(\.[^"]+)";', re.M)


def routes() -> list[Route | Mount]:
    """The routes of the files."""
    return [
        Route("/map/base.json", base_map),
        Route("/embed.js", embed_script),
        Route("/assets/{fingerprint}/styles/page.css", style_sheet),
        Mount("/assets/{fingerprint}/maplibre", Files(_package("maplibre") / "srcjs", MAPLIBRE)),
        Route("/assets/{fingerprint}/packages/jsqr.js", qr_reader),
        Mount("/assets/{fingerprint}", Files(STATIC)),
    ]


@cache
def base() -> str:
    """The path that the paths of files begin with, such as `/assets/1a2b3c4d5e/`."""
    digest = hashlib.sha256()
    for path in sorted(path for path in STATIC.rglob("*") if path.is_file()):
        digest.update(f"{path.relative_to(STATIC)} {path.stat().st_size}\n".encode())
        digest.update(path.read_bytes())
    digest.update(packages.JSQR.integrity.encode())
    for name in MAPLIBRE:
        digest.update((_package("maplibre") / "srcjs" / name).read_bytes())
    return f"/assets/{digest.hexdigest()[:10]}/"


@cache
def modules(name: str = "main.js") -> list[str]:
    """The modules that a module imports, directly or not: without them it does not begin."""
    found: dict[str, None] = {}
    waiting = [name]
    while waiting:
        module = waiting.pop()
        for target in _IMPORT.findall((STATIC / module).read_text()):
            path = (STATIC / PurePosixPath(module).parent / target).resolve()
            imported = path.relative_to(STATIC.resolve()).as_posix()
            if imported not in found:
                found[imported] = None
                waiting.append(imported)
    return [*found]


class Files(StaticFiles):
    """The files of a folder, to be kept for ever under the present fingerprint."""

    def __init__(self, folder: Path, only: tuple[str, ...] = ()) -> None:
        """Serve a folder; `only` names the files of it that are served, if not all are."""
        super().__init__(directory=folder)
        self._only = only

    async def get_response(self, path: str, scope: Scope) -> Response:
        """A file, whole or 304."""
        if self._only and path not in self._only:
            raise HTTPException(404)
        response = await super().get_response(path, scope)
        response.headers["cache-control"] = _lasting(scope)
        if tag := response.headers.get("etag"):
            response.headers["etag"] = (
                f"W/{tag}"  # Envoy, which may compress it, removes strong tags
            )
        return response


async def style_sheet(request: Request) -> Response:
    """All style sheets as one: a browser shows nothing before it has them."""
    return conditional(request, _sheets(), "text/css", _lasting(request.scope))


async def qr_reader(request: Request) -> Response:
    """The script that reads QR codes, from its npm package."""
    script = packages.script(packages.JSQR)
    return conditional(request, script, "text/javascript", _lasting(request.scope))


async def base_map(request: Request) -> Response:
    """The sample's streets, water and buildings as GeoJSON, from a gzip file."""
    content, compressed = HELSINKI_MAP.read_bytes(), "gzip"
    if "gzip" not in request.headers.get("accept-encoding", ""):
        content, compressed = gzip.decompress(content), ""
    response = conditional(request, content, "application/json", HOUR)
    response.headers["vary"] = "accept-encoding"
    if compressed and response.status_code == 200:
        response.headers["content-encoding"] = compressed
    return response


async def embed_script(_: Request) -> Response:
    """The script that embeds the locator into another page."""
    return FileResponse(STATIC / "embed.js", headers={"cache-control": HOUR})


def _lasting(scope: Scope) -> str:
    # During a change of version the page of one may ask a server of the other: that is not kept.
    return FOR_EVER if base() == f"/assets/{scope['path_params']['fingerprint']}/" else "no-store"


@cache
def _sheets() -> bytes:
    return b"\n".join((STATIC / "styles" / f"{name}.css").read_bytes() for name in SHEETS)


@cache
def _package(name: str) -> Path:
    # Importing these packages would load much code that only notebooks need.
    spec = find_spec(name)
    assert spec
    assert spec.origin
    return Path(spec.origin).parent
