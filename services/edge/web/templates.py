"""Renders the templates of the web pages; all that they insert is escaped."""

from functools import cache
from pathlib import Path
from typing import Any

from babel.units import format_unit
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from enrayon.hours.v1 import hours_pb2
from enrayon.stores.v1 import stores_pb2
from services.edge.web import assets
from services.edge.web.kinds import kinds_of
from services.edge.web.words import Words, languages

FOLDER = Path(__file__).parent / "html"
STATES = {
    hours_pb2.STATE_OPEN: "open",
    hours_pb2.STATE_CLOSED: "closed",
    hours_pb2.STATE_UNKNOWN: "unknown",
}


def render(template: str, spoken: Words, **values: Any) -> str:
    """A page in one language.

    Args:
        template: the name of its file.
        spoken: the words; templates say them by `say` and `kind`.
        values: what the template shows.
    """

    def kinds(store: stores_pb2.Store) -> str:
        return ", ".join(spoken.kind(kind) for kind in kinds_of(store.attributes)[:1])

    def line(store: stores_pb2.Store) -> str:
        address = ", ".join(filter(None, (*store.address.address_lines, store.address.locality)))
        return " · ".join(filter(None, (kinds(store), address)))

    common = {
        "assets": assets.base(),
        "language": spoken.tag,
        "languages": languages(),
        "say": spoken.say,
        "kind": spoken.kind,
        "kinds": kinds,
        "line": line,
        "metres": lambda distance_m: metres(distance_m, spoken.tag),
        "state_class": state_class,
        "address_lines": address_lines,
        "websites": websites,
    }
    return _environment().get_template(template).render(common | values)


def metres(distance_m: float, language: str) -> str:
    """A distance as the page's script tells it: `350 m`, `1.2 km`."""
    if distance_m < 995:
        return format_unit(round(distance_m, -1), "length-meter", "short", locale=language)
    kilometres = round(distance_m / 1000, 1 if distance_m < 10_000 else None)
    return format_unit(kilometres, "length-kilometer", "short", locale=language)


def state_class(state: hours_pb2.OpenState) -> str:
    """The class of an opening state, as the page's script gives it."""
    return STATES.get(state.state, "") + (" soon" if state.closes_soon else "")


def address_lines(store: stores_pb2.Store) -> list[str]:
    """The lines of an address."""
    town = " ".join(filter(None, (store.address.postal_code, store.address.locality)))
    return [line for line in (*store.address.address_lines, town) if line]


def websites(store: stores_pb2.Store) -> list[str]:
    """The web addresses of a store; other schemes are refused."""
    return [url for url in store.urls if url.lower().startswith(("http://", "https://"))]


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(FOLDER), autoescape=True, undefined=StrictUndefined
    )
    environment.policies["json.dumps_kwargs"] = {"ensure_ascii": False}
    return environment
