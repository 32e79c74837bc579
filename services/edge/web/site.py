"""Renders a page of the site: its language, its head for search engines, its headers."""

import dataclasses
from typing import Any
from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import Response

from services.edge.addresses import base_url
from services.edge.languages import accepted, best
from services.edge.settings import EdgeSettings
from services.edge.web import templates
from services.edge.web.caching import conditional
from services.edge.web.headers import embedder_of, page_headers
from services.edge.web.words import Words, languages, words_of

PAGE_CACHE = "no-cache"
"""A page is asked for each time; its tag answers 304 while it is the same."""


@dataclasses.dataclass(frozen=True)
class Head:
    """The head of a page."""

    title: str
    description: str = ""
    path: str = ""
    """Its address for search engines; empty for a page that they should not keep."""
    picture: str = ""
    """The path of the picture that links to the page show."""
    data: dict[str, Any] | None = None
    """schema.org data."""


class Site:
    """The site that the pages belong to."""

    def __init__(self, edge: EdgeSettings) -> None:
        """Render pages by these settings."""
        self.edge = edge
        self.base = base_url(edge)

    def render(
        self, request: Request, template: str, head: Head, status: int = 200, **values: Any
    ) -> Response:
        """A page in the reader's language."""
        words = chosen_words(request)
        # A search engine follows the links to the languages; without a language the page has the
        # reader's, so that is an address of its own.
        named = request.query_params.get("lang") == words.tag
        page = templates.render(
            template,
            words,
            head=head,
            url=self.url(head.path, words.tag if named else "") if head.path else "",
            alternates={
                tag: self.url(head.path, "" if tag == "x-default" else tag)
                for tag in (*languages(), "x-default")
            }
            if head.path and self.base
            else {},
            picture=self.base + head.picture if head.picture and self.base else "",
            link=lambda path: localized(path, words.tag if named else ""),
            **values,
        )
        response = conditional(request, page.encode(), "text/html", PAGE_CACHE, status)
        response.headers.update(page_headers(self.edge, pictures=embedder_of(request)))
        return response

    def url(self, path: str, language: str = "") -> str:
        """The public address of a page, in a language."""
        return self.base + localized(path, language)

    def missing(self, request: Request) -> Response:
        """The page for an address without a page."""
        return self.message(request, "pageNotFound", 404)

    def message(self, request: Request, word: str, status: int, title: str = "") -> Response:
        """A page that says one sentence, under a title or as one."""
        said = chosen_words(request).say(word)
        return self.render(
            request,
            "message.html",
            Head(title or said),
            status,
            title=title,
            said=said,
            sources=[],
        )


def chosen_words(request: Request) -> Words:
    """The words of `?lang=`, else of the browser's preferred language, else English."""
    wanted = request.query_params.get("lang", "")
    preferred = [wanted, *accepted(request.headers.get("accept-language", ""))]
    return words_of(best(preferred, [*languages()]))


def locale_of(request: Request, words: Words) -> str:
    """The language with the reader's own region, which decides on 12 or 24 hours: `en-GB`."""
    tags = accepted(request.headers.get("accept-language", ""))
    return next((tag for tag in tags if tag.startswith(f"{words.tag}-")), words.tag)


def localized(path: str, language: str) -> str:
    """A path with its language, if it names one."""
    path, _, after = path.partition("?after=")
    query = urlencode(
        {**({"after": after} if after else {}), **({"lang": language} if language else {})}
    )
    return quote(path) + (f"?{query}" if query else "")
