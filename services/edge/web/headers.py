"""The headers of pages: their caching, and how little a browser lets them do."""

import re

from starlette.requests import Request

from services.edge.settings import EdgeSettings

ORIGIN = re.compile(r"https?://[a-z0-9.\-]+(:\d{1,5})?(?=/|$)")
FEATURES = ("accelerometer", "camera", "display-capture", "gyroscope", "microphone", "midi")
MORE_FEATURES = ("payment", "usb", "serial", "browsing-topics")


def page_headers(
    edge: EdgeSettings, *, allowed: tuple[str, ...] = (), pictures: str = ""
) -> dict[str, str]:
    """The headers of a page that may be framed by `ENRAYON_EDGE_EMBEDDERS`.

    Args:
        edge: the settings.
        allowed: features of the browser that the page uses, beside its position: `camera`.
        pictures: a web origin whose pictures the page may show too.
    """
    outside = " https:" if edge.edge_map_style else ""
    shown = f" {pictures}" if pictures else ""
    refused = [each for each in (*FEATURES, *MORE_FEATURES) if each not in allowed]
    return {
        "vary": "accept-language",
        "referrer-policy": "same-origin",
        "x-content-type-options": "nosniff",
        "permissions-policy": ", ".join(
            [f"{each}=()" for each in refused]
            + [f"{each}=(self)" for each in ("geolocation", *allowed)]
        ),
        "content-security-policy": "; ".join(
            [
                "default-src 'self'",
                f"connect-src 'self'{outside}",
                f"img-src 'self' data: blob:{outside}{shown}",
                "style-src 'self' 'unsafe-inline'",  # MapLibre styles its markers
                "worker-src blob:",
                "object-src 'none'",
                "base-uri 'none'",
                "form-action 'self'",
                f"frame-ancestors {' '.join(edge.edge_embedders)}",
            ]
        ),
    }


def embedder_of(request: Request) -> str:
    """The web origin of the page that frames this one, if its logo is asked for from there.

    A link alone, without a frame, dresses the page in nobody's logo.
    """
    headers = request.headers
    if headers.get("sec-fetch-dest") != "iframe" or "logo" not in request.query_params:
        return ""
    embedder, logo = (
        ORIGIN.match(text) for text in (headers.get("referer", ""), request.query_params["logo"])
    )
    return embedder[0] if embedder and logo and embedder[0] == logo[0] else ""
