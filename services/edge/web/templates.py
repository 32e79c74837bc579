"""Renders the templates of the web pages; all that they insert is escaped."""

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from services.edge.web import assets
from services.edge.web.words import Words, languages

FOLDER = Path(__file__).parent / "html"


def render(template: str, spoken: Words, **values: Any) -> str:
    """A page in one language.

    Args:
        template: the name of its file.
        spoken: the words; templates say them by `say` and `kind`.
        values: what the template shows.
    """
    common = {
        "assets": assets.base(),
        "language": spoken.tag,
        "languages": languages(),
        "say": spoken.say,
        "kind": spoken.kind,
    }
    return _environment().get_template(template).render(**common, **values)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(FOLDER), autoescape=True, undefined=StrictUndefined
    )
    environment.policies["json.dumps_kwargs"] = {"ensure_ascii": False}
    return environment
