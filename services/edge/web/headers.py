"""The headers of pages: their caching, and how little a browser lets them do."""

from services.edge.settings import EdgeSettings

FEATURES = ("accelerometer", "camera", "display-capture", "gyroscope", "microphone", "midi")
MORE_FEATURES = ("payment", "usb", "serial", "browsing-topics")


def page_headers(edge: EdgeSettings, *, allowed: tuple[str, ...] = ()) -> dict[str, str]:
    """The headers of a page that may be framed by `ENRAYON_EDGE_EMBEDDERS`.

    Args:
        edge: the settings.
        allowed: features of the browser that the page uses, beside its position: `camera`.
    """
    outside = " https:" if edge.edge_map_style else ""
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
                f"img-src 'self' data: blob:{outside}",
                "style-src 'self' 'unsafe-inline'",  # MapLibre styles its markers
                "worker-src blob:",
                "object-src 'none'",
                "base-uri 'none'",
                "form-action 'self'",
                f"frame-ancestors {' '.join(edge.edge_embedders)}",
            ]
        ),
    }
