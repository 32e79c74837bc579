"""Counts all public stores by town and kind, and writes the sitemap, in a file beside the loop.

A task lists all stores now and then; threads write them into an SQLite file and the sitemap into
gzip files, so neither the memory nor the loop feels how many there are. Pages read names from it,
and the stores themselves from the service: a store that turned private is gone at once.
"""

import asyncio
import gzip
import re
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from urllib.parse import quote
from xml.sax.saxutils import escape

import grpc
import structlog

from enrayon.stores.v1 import stores_pb2
from geodata.gazetteer.folding import fold
from services.edge.web.kinds import kinds_of
from services.edge.web.reader import Reader

SITEMAP_URLS = 25_000
"""Addresses of one file of the sitemap; its protocol allows 50,000 and 50 MB."""
RETRY_S = 5.0
WITH_STATES = frozenset({"US", "CA", "AU", "BR", "IN", "MX"})
"""Countries where a town is told with its state, because many have the same name."""

_SCHEMA = """
CREATE TABLE stores (
  name TEXT PRIMARY KEY, title TEXT, town TEXT, label TEXT, updated TEXT
) WITHOUT ROWID;
CREATE TABLE kinds (kind TEXT, town TEXT, name TEXT, PRIMARY KEY (kind, town, name)) WITHOUT ROWID;
"""
_INDEX = """
CREATE INDEX by_town ON stores (town, title, name);
CREATE TABLE towns AS
  SELECT town AS id, label, COUNT(*) AS count FROM stores WHERE town != '' GROUP BY town;
CREATE TABLE counted AS SELECT kind, town, COUNT(*) AS count FROM kinds GROUP BY kind, town;
CREATE UNIQUE INDEX towns_id ON towns (id);
CREATE INDEX counted_kind ON counted (kind);
CREATE INDEX counted_town ON counted (town);
"""

T = TypeVar("T")
log = structlog.get_logger()


class Count(NamedTuple):
    """A town or a kind with the number of its stores."""

    id: str
    label: str
    """The name of a town; of a kind its id."""
    stores: int


class Catalogue:
    """All public stores by town and kind, as they were at the last count."""

    def __init__(self, reader: Reader, base: str, every_s: float) -> None:
        """Prepare; `base` is the public URL, without which there is no sitemap."""
        self._reader = reader
        self._base = base
        self._every_s = every_s
        self._thread = ThreadPoolExecutor(1, "catalogue")
        self._database: sqlite3.Connection | None = None
        self._folder: Path | None = None
        self._counted = asyncio.Event()

    async def follow(self) -> None:
        """Count again and again until cancelled."""
        try:
            while True:
                try:
                    await self.count()
                except (grpc.aio.AioRpcError, OSError, sqlite3.Error) as error:
                    log.warning("the stores cannot be counted", error=type(error).__name__)
                    await asyncio.sleep(RETRY_S)
                else:
                    await asyncio.sleep(self._every_s)
        finally:
            await self._in_thread(self._drop)
            self._thread.shutdown()

    async def count(self) -> None:
        """Count all stores once."""
        folder = Path(await self._in_thread(tempfile.mkdtemp, "", "enrayon-catalogue-"))
        try:
            await self._in_thread(_create, folder)
            token = ""
            while True:
                answer = await self._page(token)
                await self._in_thread(_add, folder, answer.stores)
                token = answer.next_page_token
                if not token:
                    break
            await self._in_thread(self._take, folder)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        self._counted.set()

    async def _page(self, token: str) -> stores_pb2.ListStoresResponse:
        """A page of all stores; it waits while the limit of the page's key is used up."""
        while True:
            try:
                return await self._reader.page_of_all(token)
            except grpc.aio.AioRpcError as error:
                if error.code() is not grpc.StatusCode.RESOURCE_EXHAUSTED:
                    raise
            await asyncio.sleep(RETRY_S)

    async def towns(self, after: str, limit: int) -> list[Count]:
        """Towns by their id, those after `after`."""
        rows = await self._rows(
            "SELECT id, label, count FROM towns WHERE id > ? ORDER BY id LIMIT ?", after, limit
        )
        return [Count(*row) for row in rows]

    async def town(self, id: str) -> Count | None:
        """A town; None if no store is there."""
        rows = await self._rows("SELECT id, label, count FROM towns WHERE id = ?", id)
        return Count(*rows[0]) if rows else None

    async def kinds(self, town: str = "", limit: int = 500) -> list[Count]:
        """Kinds of stores, everywhere or of one town, the most frequent first."""
        where, values = ("WHERE town = ?", [town]) if town else ("", [])
        rows = await self._rows(
            f"SELECT kind, kind, SUM(count) AS n FROM counted {where}"  # noqa: S608  a constant
            " GROUP BY kind ORDER BY n DESC, kind LIMIT ?",
            *values,
            limit,
        )
        return [Count(*row) for row in rows]

    async def towns_with(self, kind: str, limit: int) -> list[Count]:
        """The towns with most stores of a kind."""
        rows = await self._rows(
            "SELECT towns.id, label, counted.count FROM counted JOIN towns ON towns.id = town"
            " WHERE kind = ? ORDER BY counted.count DESC, towns.id LIMIT ?",
            kind,
            limit,
        )
        return [Count(*row) for row in rows]

    async def names(self, town: str, kind: str, after: str, limit: int) -> list[str]:
        """Names of stores of a town, a kind or both, in their order, those after `after`."""
        if kind:
            query = "SELECT name FROM kinds WHERE kind = ? AND name > ?"
            values = [kind, after]
            if town:
                query, values = f"{query} AND town = ?", [*values, town]
        else:
            query, values = "SELECT name FROM stores WHERE town = ? AND name > ?", [town, after]
        rows = await self._rows(f"{query} ORDER BY name LIMIT ?", *values, limit)
        return [name for (name,) in rows]

    async def sitemap(self, name: str) -> bytes | None:
        """A file of the sitemap; None if there is none of that name, or none yet."""
        if not re.fullmatch(r"sitemap\.xml|\d{1,6}\.xml\.gz", name):
            return None
        return await self._in_thread(self._read, name)

    @property
    def is_ready(self) -> bool:
        """Whether the stores were counted at least once."""
        return self._counted.is_set()

    async def _rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        return await self._in_thread(self._select, query, values)

    def _select(self, query: str, values: tuple[object, ...]) -> list[tuple[Any, ...]]:
        return self._database.execute(query, values).fetchall() if self._database else []

    def _read(self, name: str) -> bytes | None:
        path = self._folder / name if self._folder else None
        return path.read_bytes() if path and path.is_file() else None

    def _take(self, folder: Path) -> None:
        with closing(sqlite3.connect(folder / "stores.sqlite")) as database:
            database.executescript(_INDEX)
            if self._base:
                _write_sitemap(folder, self._base, database)
        self._drop()
        self._folder = folder
        self._database = sqlite3.connect(
            f"file:{folder / 'stores.sqlite'}?mode=ro", uri=True, check_same_thread=False
        )

    def _drop(self) -> None:
        if self._database:
            self._database.close()
            self._database = None
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    async def _in_thread(self, function: Callable[..., T], *args: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, function, *args)


def town_id(store: stores_pb2.Store) -> str:
    """The id of a store's town in addresses: `fi-helsinki`, `us-il-springfield`; empty without."""
    address = store.address
    name = _slug(address.locality)
    if not name or not address.region_code:
        return ""
    state = _slug(address.administrative_area) if address.region_code in WITH_STATES else ""
    return "-".join(part for part in (address.region_code.lower(), state, name) if part)


def _slug(text: str) -> str:
    # Of a name in another script nothing is left of the ASCII key: its own letters are then kept.
    plain = fold(text).decode() or text.casefold()
    return re.sub(r"[^\w]+", "-", plain).strip("-_")[:80]


def _create(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "stores.sqlite")) as database:
        database.executescript(_SCHEMA)


def _add(folder: Path, stores: Sequence[stores_pb2.Store]) -> None:
    with closing(sqlite3.connect(folder / "stores.sqlite")) as database, database:
        database.execute("PRAGMA synchronous = OFF")  # a file that nobody needs after a crash
        towns = [town_id(store) for store in stores]
        database.executemany(
            "INSERT OR REPLACE INTO stores VALUES (?, ?, ?, ?, ?)",
            [
                (
                    store.name,
                    store.display_name,
                    town,
                    store.address.locality,
                    store.update_time.ToDatetime().date().isoformat(),
                )
                for store, town in zip(stores, towns, strict=True)
            ],
        )
        database.executemany(
            "INSERT OR REPLACE INTO kinds VALUES (?, ?, ?)",
            [
                (kind, town, store.name)
                for store, town in zip(stores, towns, strict=True)
                for kind in kinds_of(store.attributes)
            ],
        )


def _write_sitemap(folder: Path, base: str, database: sqlite3.Connection) -> None:
    files: list[str] = []
    entries: list[str] = []

    def close() -> None:
        files.append(f"{len(files) + 1}.xml.gz")
        head = '<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
        with gzip.open(folder / files[-1], "wt", encoding="utf-8", compresslevel=6) as file:
            file.write(head + "".join(entries) + "</urlset>\n")
        entries.clear()

    for path, updated in _addresses(database):
        changed = f"<lastmod>{updated}</lastmod>" if updated else ""
        entries.append(f"<url><loc>{escape(base + path)}</loc>{changed}</url>\n")
        if len(entries) == SITEMAP_URLS:
            close()
    if entries:
        close()
    listed = "".join(
        f"<sitemap><loc>{escape(base)}/sitemaps/{name}</loc></sitemap>\n" for name in files
    )
    (folder / "sitemap.xml").write_text(
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{listed}</sitemapindex>\n'
    )


def _addresses(database: sqlite3.Connection) -> Iterator[tuple[str, str]]:
    yield "/", ""
    yield "/stores", ""
    for (town,) in database.execute("SELECT id FROM towns"):
        yield f"/towns/{quote(town)}", ""
    for (kind,) in database.execute("SELECT DISTINCT kind FROM counted"):
        yield f"/kinds/{quote(kind)}", ""
    for town, kind in database.execute("SELECT town, kind FROM counted WHERE town != ''"):
        yield f"/towns/{quote(town)}/{quote(kind)}", ""
    yield from (
        (f"/{quote(name)}", updated if updated > "1970-01-01" else "")
        for name, updated in database.execute("SELECT name, updated FROM stores")
    )
