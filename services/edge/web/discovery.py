"""The files by which search engines, browsers and other sites find, install and embed the site."""

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from services.edge.web import assets
from services.edge.web.caching import conditional
from services.edge.web.catalogue import Catalogue
from services.edge.web.site import Head, Site, chosen_words
from services.edge.web.sources import OSM

CLOSED = ("/v1/", "/staff/", "/admin/", "/mcp", "/ucp/")
"""Paths that are no pages."""
ICON_SIZES = (192, 512)


class Discovery:
    """Serves robots.txt, the sitemap, the manifest and the icon."""

    def __init__(self, site: Site, catalogue: Catalogue) -> None:
        """Serve the sitemap that the catalogue wrote."""
        self._site = site
        self._catalogue = catalogue

    def routes(self) -> list[Route]:
        """The routes of the files."""
        return [
            Route("/robots.txt", self.robots),
            Route("/sitemap.xml", self.sitemap),
            Route("/sitemaps/{name}", self.sitemap),
            Route("/manifest.webmanifest", self.manifest),
            Route("/favicon.ico", self.icon),
            Route("/embed", self.embedding),
        ]

    async def robots(self, request: Request) -> Response:
        """The paths that search engines may read."""
        lines = ["User-agent: *", *(f"Disallow: {path}" for path in CLOSED)]
        if self._site.base:
            lines.append(f"Sitemap: {self._site.base}/sitemap.xml")
        return conditional(request, "\n".join([*lines, ""]).encode(), "text/plain", assets.HOUR)

    async def sitemap(self, request: Request) -> Response:
        """The index of the sitemap, or one of its files."""
        name = request.path_params.get("name", "sitemap.xml")
        content = await self._catalogue.sitemap(name)
        if content is None:
            raise HTTPException(404 if self._catalogue.is_ready else 503)
        kind = "application/gzip" if name.endswith(".gz") else "application/xml"
        return conditional(request, content, kind, assets.HOUR)

    async def manifest(self, request: Request) -> Response:
        """The manifest by which a phone installs the locator."""
        words = chosen_words(request)
        icons = [{"src": f"{assets.base()}icon.svg", "sizes": "any", "type": "image/svg+xml"}]
        icons += [
            {
                "src": f"{assets.base()}icon-{size}.png",
                "sizes": f"{size}x{size}",
                "type": "image/png",
            }
            for size in ICON_SIZES
        ]
        content = {
            "name": words.say("title"),
            "short_name": words.say("title"),
            "description": words.say("about"),
            "lang": words.tag,
            "start_url": "/",
            "scope": "/",
            "display": "standalone",
            "background_color": "#faf8f4",
            "theme_color": "#0b6357",
            "icons": icons,
        }
        kind = "application/manifest+json"
        response = conditional(request, orjson.dumps(content), kind, assets.HOUR)
        response.headers["vary"] = "accept-language"
        return response

    async def embedding(self, request: Request) -> Response:
        """How to embed the locator into another page, to copy and to try; in English."""
        head = Head("Embed the store locator", "An element and a script to copy and paste.")
        address = self._site.base or "https://shops.example"
        return self._site.render(request, "embed.html", head, address=address, sources=[OSM])

    async def icon(self, _: Request) -> Response:
        """The icon, for readers that look for it where it once was."""
        headers = {"cache-control": assets.HOUR}
        return FileResponse(assets.STATIC / "icon-192.png", headers=headers)
