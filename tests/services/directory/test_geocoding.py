"""A geocoder of geopy answers first; if it fails, the gazetteer answers."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from enrayon.type.v1 import geometry_pb2
from services.chassis.database.client import Client
from services.directory.geocoding import GeocodingSettings, GeopyGeocoder
from services.directory.origins import Origins

CASTLE = {"display_name": "Suomenlinna, Helsinki", "lat": "60.1454", "lon": "24.9881"}


class Nominatim(ThreadingHTTPServer):
    """A server that answers like Nominatim and records its queries."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.queries: list[str] = []
        self.status = 200
        self.silent = threading.Event()


class Answer(BaseHTTPRequestHandler):
    server: Nominatim

    def do_GET(self) -> None:
        self.server.queries.append(parse_qs(urlsplit(self.path).query)["q"][0])
        if self.server.silent.is_set():
            self.server.silent.wait(0)
            self.connection.recv(1)  # until the client gives up
            return
        known = "suomenlinna" in self.path.lower()
        self.send_response(self.server.status)
        self.end_headers()
        self.wfile.write(json.dumps([CASTLE] if known else []).encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def nominatim() -> Iterator[Nominatim]:
    server = Nominatim()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def origins(nominatim: Nominatim, database, gazetteer: Origins) -> Origins:
    return with_geocoder(nominatim, database, gazetteer, timeout_s=60)


def with_geocoder(
    nominatim: Nominatim, database: Client, gazetteer: Origins, timeout_s: float
) -> Origins:
    settings = GeocodingSettings(
        geocoder="nominatim",
        geocoder_options={"domain": f"127.0.0.1:{nominatim.server_port}", "scheme": "http"},
        geocoder_timeout_s=timeout_s,
    )
    return Origins(gazetteer.gazetteer, GeopyGeocoder(settings, database))


def text(place: str) -> geometry_pb2.Origin:
    return geometry_pb2.Origin(place=place)


async def test_an_answer_is_cached_in_the_database(origins, nominatim):
    first = await origins.resolve(text("Suomenlinna"))
    second = await origins.resolve(text("suomenlinna"))

    assert (60.1454, 24.9881) == (first.point.latitude, first.point.longitude)
    assert first == second
    assert ["Suomenlinna"] == nominatim.queries


async def test_the_gazetteer_answers_for_an_unknown_place(origins, nominatim):
    here = await origins.resolve(text("Kamppi"))
    await origins.resolve(text("Kamppi"))

    assert here.place is not None
    assert "Kamppi" == here.place.name
    assert ["Kamppi"] == nominatim.queries


async def test_the_gazetteer_answers_if_the_geocoder_fails_or_is_silent(
    origins, nominatim, database, gazetteer
):
    nominatim.status = 500
    failing = await origins.resolve(text("Kamppi"))
    nominatim.silent.set()
    impatient = with_geocoder(nominatim, database, gazetteer, timeout_s=0.3)
    silent = await impatient.resolve(text("Kamppi"))

    assert failing.place is not None
    assert failing == silent
    assert ["Kamppi", "Kamppi"] == nominatim.queries
