"""Takes the JSON-LD out of web pages."""

from html.parser import HTMLParser

from geodata.importers.files import Source
from geodata.importers.report import ImporterError

MAX_BYTES = 32 * 2**20


def json_ld_of(file: Source) -> list[str]:
    """The texts of the page's scripts of JSON-LD.

    Raises:
        ImporterError: the page is too large, or has none.
    """
    page = file.document()
    if len(page) > MAX_BYTES:
        raise ImporterError(f"over {MAX_BYTES // 2**20} MiB in one page")
    scripts = _Scripts()
    scripts.feed(page.decode("utf-8", "replace"))
    scripts.close()
    if not scripts.found:
        raise ImporterError("the page has no JSON-LD; save the page of one store, or a feed")
    return scripts.found


class _Scripts(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.found: list[str] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a script of JSON-LD."""
        kind = (dict(attrs).get("type") or "").partition(";")[0].strip().lower()
        self._inside = tag == "script" and kind == "application/ld+json"
        if self._inside:
            self.found.append("")

    def handle_data(self, data: str) -> None:
        """Collect the text of a script."""
        if self._inside:
            self.found[-1] += data

    def handle_endtag(self, tag: str) -> None:
        """End a script."""
        self._inside = self._inside and tag != "script"
