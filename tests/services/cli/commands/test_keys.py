"""`enrayon keys`: a key is shown once, listed without its secret, rotated, revoked."""

import asyncio
from collections.abc import Awaitable, Callable

import orjson
import pytest
import typer
from typer.testing import CliRunner, Result

from services.chassis.access.key_ring import KeyRing
from services.chassis.access.key_store import KeyStore
from services.chassis.access.keys import parse_token
from services.chassis.access.sessions import opened, session_name
from services.chassis.access.settings import AccessSettings
from services.chassis.clock import utc_now
from services.chassis.database.client import Client
from services.cli.commands import keys
from services.cli.output import CommandError

Run = Callable[..., Awaitable[Result]]


@pytest.fixture
def run(database: Client, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command on the empty database."""
    monkeypatch.setenv("ENRAYON_DATABASE_URL", database_url)
    app = typer.Typer()
    keys.register(app)

    async def run(*words: str) -> Result:
        return await asyncio.to_thread(CliRunner().invoke, app, ["keys", *words])

    return run


async def holds(client: Client, token: str) -> bool:
    async with KeyRing(KeyStore(client), 60.0, utc_now) as ring:
        return await ring.find(token) is not None


async def test_a_key_is_made_listed_rotated_and_revoked(run: Run, database: Client):
    first = (await run("create", "till-4", "--scope", "stock", "--note", "by the door")).stdout
    assert await holds(database, first.strip())

    listed = await run("list", "--json")
    [row] = orjson.loads(listed.stdout)
    assert ("till-4", "channel", ["stock"], "by the door") == (
        row["name"],
        row["role"],
        row["scopes"],
        row["note"],
    )
    _, secret = first.strip().split("_till-4_")
    assert secret not in listed.stdout + (await run("list")).stdout

    second = orjson.loads((await run("rotate", "till-4", "--overlap", "0m", "--json")).stdout)
    assert (False, True) == (
        await holds(database, first.strip()),
        await holds(database, second["token"]),
    )

    assert 0 == (await run("revoke", "till-4")).exit_code
    assert not await holds(database, second["token"])
    assert [] == orjson.loads((await run("list", "--json")).stdout)


async def test_a_key_of_shop_staff_is_bound_to_stores_by_id_or_name(run: Run, database: Client):
    words = ["create", "till-4", "--role", "staff", "--store", "us-1", "--store", "stores/us-2"]
    token = (await run(*words)).stdout.strip()
    assert await holds(database, token)

    [row] = orjson.loads((await run("list", "--json")).stdout)
    assert ("staff", ["us-1", "us-2"]) == (row["role"], row["stores"])
    assert "us-2" in (await run("list")).stdout


async def test_after_a_rotation_the_old_secret_works_for_a_day_unless_told_otherwise(
    run: Run, database: Client
):
    first = (await run("create", "app")).stdout.strip()
    second = (await run("rotate", "app")).stdout.strip()
    [row] = orjson.loads((await run("list", "--json")).stdout)

    assert [True, True] == [await holds(database, token) for token in (first, second)]
    assert [True, False] == [secret["expire_time"] == "" for secret in row["secrets"]]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["create", "Till"], "small letters"),
        (["create", "till", "--role", "staff"], "a key of shop staff has one store or more"),
        (["create", "till", "--store", "us-1"], "other keys have none"),
        (["create", "till", "--role", "staff", "--store", "*"], "each by its id"),
        (["create", "till", "--scope", "stock.Adjust"], "no service or method 'stock.Adjust'"),
        (["create", "web", "--role", "page"], "one origin or more"),
        (["create", "web", "--role", "page", "--origin", "shop.example"], "https://shop.example"),
        (["create", "till", "--origin", "https://shop.example"], "other keys have none"),
        (["create", "till", "--expires", "soon"], "90m"),
        (["rotate", "nobody"], "no key nobody"),
        (["revoke", "nobody"], "no key nobody"),
    ],
)
async def test_what_cannot_be_done_is_said(run: Run, words: list[str], told: str):
    result = await run(*words)
    assert isinstance(result.exception, CommandError)
    assert told in str(result.exception)
    assert [] == orjson.loads((await run("list", "--json")).stdout)


async def test_a_name_is_given_once(run: Run, database: Client):
    first = (await run("create", "till")).stdout.strip()
    again = await run("create", "till", "--role", "admin")

    assert isinstance(again.exception, CommandError)
    assert await holds(database, first)


async def test_a_tablet_gets_a_link_and_its_session_is_listed_and_ended(
    run: Run, database: Client, database_url: str
):
    made = await run("create", "tablet-1", "--role", "staff", "--store", "us-1", "--json")
    answer = orjson.loads(made.stdout)
    base, _, code = answer["link"].partition("#")
    assert ("http://127.0.0.1:8080/sign-in", True) == (base, await holds(database, answer["token"]))
    assert not await holds(database, code), "a link is no key"

    store, now = KeyStore(database), utc_now()
    before = await store.get("tablet-1")
    assert before
    parsed = parse_token(code)
    assert parsed
    found = opened(before, parsed[1], now, AccessSettings())
    assert found
    after, session, _ = found
    assert await store.replace(before, after)
    [row] = orjson.loads((await run("sessions", "--json")).stdout)
    assert (session_name(after, session), ["us-1"]) == (row["name"], row["stores"])
    assert row["name"] in (await run("sessions")).stdout.replace("\n", "")

    assert 0 == (await run("end", row["name"])).exit_code
    assert [] == orjson.loads((await run("sessions", "--json")).stdout)
    with pytest.raises(CommandError, match="no session or key"):
        raise_of(await run("end", row["name"]))
    assert await holds(database, answer["token"]), "the key itself stays"


async def test_links_are_made_again_for_people_alone(run: Run, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("ENRAYON_EDGE_PUBLIC_URL", "https://shops.example/")
    await run("create", "office", "--role", "admin")
    link = (await run("link", "office")).stdout.strip()
    assert link.startswith("https://shops.example/sign-in#enrayon_office_")
    assert 0 == (await run("end", "office")).exit_code

    await run("create", "app")
    for name, why in (("app", "only keys of shop staff"), ("nobody", "no key nobody")):
        with pytest.raises(CommandError, match=why):
            raise_of(await run("link", name))


def raise_of(result: Result) -> None:
    assert result.exception
    raise result.exception
