"""Views of answers, for hosts that show MCP Apps (SEP-1865).

A view is one document that loads nothing. It gets the result of a tool from the host and shows the
same as its sentence and its structured content, which every client gets.
"""

import re
from importlib.resources import files
from typing import Any

from mcp.server.apps import Apps

from geodata.floorplans.drawing.theme import DARK, LIGHT
from services.edge.web.assets import STATIC

STORES = "ui://enrayon/stores"
HOLD = "ui://enrayon/hold"
WAY = "ui://enrayon/way"
TITLES = {STORES: "Stores on a map", HOLD: "A hold with its code", WAY: "The way in the store"}
MAX_BYTES = 300_000
PLANS = "enrayon/plans"
"""Member of a result's `_meta`: drawings for the view alone. A model would only read shapes."""


def shown_in(view: str) -> dict[str, Any]:
    """The `_meta` of a tool whose result is shown in a view."""
    return {"ui": {"resourceUri": view}}


def apps() -> Apps:
    """The extension of the protocol, with all views. They declare no domain: they load nothing."""
    extension = Apps()
    for uri, title in TITLES.items():
        extension.add_html_resource(
            uri, document(uri), name=uri.rpartition("/")[2], title=title, prefers_border=False
        )
    return extension


def document(uri: str) -> str:
    """The document of a view: its style, what all views share, and its own script."""
    name = uri.rpartition("/")[2]
    elements = (STATIC / "html.js").read_text("utf-8")
    script = "\n".join(
        [
            re.sub(r"^export ", "", elements, flags=re.M),
            _text("words.js"),
            _text("host.js"),
            _text(f"{name}.js").replace("{{dark}}", _dark()),
        ]
    )
    parts = {"title": TITLES[uri], "name": name, "style": _text("view.css"), "script": script}
    page = _text("view.html")
    for part, text in parts.items():
        page = page.replace(f"{{{{{part}}}}}", text)
    return page


def _dark() -> str:
    """The colours of a dark plan by those of a light one, as members of an object."""
    pairs: dict[str, str] = {}
    for name in LIGHT.__slots__:
        light, dark = getattr(LIGHT, name), getattr(DARK, name)
        if name == "departments":
            pairs.update(zip(light, dark, strict=True))
        else:
            pairs.setdefault(light, dark)
    return ", ".join(f'"{light}": "{dark}"' for light, dark in pairs.items())


def _text(name: str) -> str:
    return (files(__package__) / name).read_text("utf-8")
