"""`enrayon keys`: API keys, links to sign in with, and sessions, in the database itself."""

import asyncio
import datetime as dt
import sys
from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import Annotated, Any, TypeVar

import orjson
import segno
import typer
from rich.markup import escape
from rich.table import Table

from services.chassis.access.key_store import KeyStore
from services.chassis.access.keys import ApiKey, new_key, rotated
from services.chassis.access.policy import Role, short_name
from services.chassis.access.sessions import (
    LINK_LIFE,
    ROLES,
    ended,
    key_of,
    pruned,
    session_name,
    with_link,
)
from services.chassis.access.settings import AccessSettings
from services.chassis.clock import utc_now
from services.chassis.database.client import connect
from services.chassis.database.embedded import running_url
from services.chassis.database.failures import as_service_error
from services.chassis.settings import ChassisSettings
from services.cli.clock import length
from services.cli.consoles import console, errors
from services.cli.output import UNREACHABLE, USAGE, CommandError, JsonOption
from services.cli.stores import store_id
from services.edge.settings import EdgeSettings
from services.policy import POLICY

T = TypeVar("T")


class RoleName(StrEnum):
    """The roles that a key can have."""

    page = "page"
    staff = "staff"
    channel = "channel"
    admin = "admin"


NameArgument = Annotated[
    str, typer.Argument(metavar="NAME", help="The key's name, after its caller: `till-4`.")
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    keys = typer.Typer(
        no_args_is_help=True, help="Create, list, rotate and revoke API keys; sign people in."
    )
    for name, command in (
        ("create", create),
        ("list", list_keys),
        ("rotate", rotate),
        ("revoke", revoke),
        ("link", link),
        ("sessions", sessions),
        ("end", end),
    ):
        keys.command(name)(command)
    app.add_typer(keys, name="keys")


def create(
    name: NameArgument,
    role: Annotated[
        RoleName,
        typer.Option(
            help="page: for a public web page; staff: for a till or a tablet of a shop, with "
            "--store; channel: for an application; admin: for whoever maintains the data."
        ),
    ] = RoleName.channel,
    scope: Annotated[
        list[str] | None,
        typer.Option(help="A service or method it may call: stock, stock.AdjustStock. Repeatable."),
    ] = None,
    origin: Annotated[
        list[str] | None,
        typer.Option(help="A web origin that may use it: https://shop.example. Repeatable."),
    ] = None,
    store: Annotated[
        list[str] | None,
        typer.Option(
            help="A store whose staff uses the key: us-1. It may see, prepare and hand over every "
            "hold there, and note stock and arrivals; nothing at other stores. Repeatable."
        ),
    ] = None,
    expires: Annotated[str, typer.Option(help="Lifetime: 12h, 90d. [no end]")] = "",
    note: Annotated[str, typer.Option(help="The purpose of the key.")] = "",
    json: JsonOption = False,
) -> None:
    """Create a key and show it, only this once.

    For an application: `enrayon keys create app --scope stock`. For a tablet of a shop, with a link
    that signs it in once: `enrayon keys create tablet-1 --role staff --store us-1`.
    """
    check_scopes(scope or [])
    now = utc_now()
    try:
        key, token = new_key(
            name,
            Role[role.name.upper()],
            now,
            scopes=tuple(scope or ()),
            origins=tuple(origin or ()),
            stores=tuple(map(store_id, store or ())),
            note=note,
            expire_time=now + length(expires) if expires else None,
        )
        key, code = with_link(key, now) if key.role in ROLES else (key, "")
    except ValueError as error:
        raise CommandError(str(error), USAGE) from None
    if not with_keys(lambda keys: keys.create(key)):
        raise CommandError(f"key {name} already exists; rotate or revoke it, or use another name")
    show_token(key, token, json, code)


def list_keys(json: JsonOption = False) -> None:
    """List all keys with their roles, scopes and expiry. Their secrets are not kept."""
    by_name = with_keys(lambda keys: keys.all())
    now = utc_now()
    rows = [described(by_name[name], now) for name in sorted(by_name)]
    if json:
        typer.echo(orjson.dumps(rows, option=orjson.OPT_INDENT_2).decode())
        return
    if not rows:
        console.print("[dim]no keys; create one with `enrayon keys create`[/]")
        return
    table = Table(box=None, pad_edge=False)
    for column in ("name", "role", "stores, scopes, origins", "secrets", "note"):
        table.add_column(column, overflow="fold")
    for row in rows:
        limits = [*row["stores"], *row["scopes"], *row["origins"]] or ["all of its role"]
        secrets = [
            f"created {secret['create_time'][:16]}"
            + (f", until {secret['expire_time'][:16]}" if secret["expire_time"] else "")
            for secret in row["secrets"]
        ] or ["[yellow]expired[/]"]
        table.add_row(
            f"[cyan]{row['name']}[/]",
            row["role"],
            "\n".join(limits),
            "\n".join(secrets),
            escape(row["note"]),
        )
    console.print(table)


def rotate(
    name: NameArgument,
    overlap: Annotated[
        str, typer.Option(help="Time for which the old secret still works: 0m, 12h, 7d.")
    ] = "24h",
    json: JsonOption = False,
) -> None:
    """Give a key a new secret and show it, only this once. Its caller keeps what it owns."""
    overlapping = length(overlap)

    async def change(keys: KeyStore) -> tuple[ApiKey, str] | None:
        while before := await keys.get(name):
            after, token = rotated(before, utc_now(), overlapping)
            if await keys.replace(before, after):
                return after, token
        return None

    changed = with_keys(change)
    if changed is None:
        raise no_key(name)
    show_token(*changed, json)


def revoke(name: NameArgument, json: JsonOption = False) -> None:
    """Revoke a key; servers notice within a few seconds (ENRAYON_ACCESS_REFRESH_S)."""
    if not with_keys(lambda keys: keys.revoke(name)):
        raise no_key(name)
    within_s = AccessSettings().access_refresh_s
    if json:
        typer.echo(orjson.dumps({"name": name, "within_s": within_s}).decode())
    else:
        console.print(f"[cyan]{name}[/] is revoked; servers notice within {within_s:g} s")


def link(name: NameArgument, json: JsonOption = False) -> None:
    """Make a link and its QR code that sign a tablet of a shop, or an admin, in: once."""

    async def change(keys: KeyStore) -> str | None:
        while before := await keys.get(name):
            try:
                after, code = with_link(before, utc_now())
            except ValueError as error:
                raise CommandError(str(error), USAGE) from None
            if await keys.replace(before, after):
                return code
        return None

    code = with_keys(change)
    if code is None:
        raise no_key(name)
    if json:
        typer.echo(orjson.dumps({"name": name, "link": link_of(code)}).decode())
    else:
        show_link(code)
        typer.echo(link_of(code))


def sessions(json: JsonOption = False) -> None:
    """List the sessions of people at pages: of tablets of shops, of admins."""
    now = utc_now()
    rows = [
        {
            "name": session_name(key, session),
            "stores": list(key.stores),
            "create_time": session.create_time.isoformat(timespec="seconds"),
            "expire_time": session.expire_time.isoformat(timespec="seconds")
            if session.expire_time
            else "",
        }
        for key in with_keys(lambda keys: keys.all()).values()
        for session in pruned(key, now).sessions
    ]
    if json:
        typer.echo(orjson.dumps(rows, option=orjson.OPT_INDENT_2).decode())
        return
    if not rows:
        console.print("[dim]no sessions; make a link with `enrayon keys link NAME`[/]")
        return
    table = Table(box=None, pad_edge=False)
    for column in ("session", "stores", "since", "until"):
        table.add_column(column, overflow="fold")
    for row in rows:
        stores = " ".join(row["stores"]) or "all"
        times = (str(row[field])[:16] for field in ("create_time", "expire_time"))
        table.add_row(f"[cyan]{row['name']}[/]", stores, *times)
    console.print(table)


def end(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME", help="A session, as `enrayon keys sessions` names it; or a key: all."
        ),
    ],
    json: JsonOption = False,
) -> None:
    """End a session, or all sessions and links of a key; the key itself stays."""
    is_session = name.startswith("sessions/")

    async def change(keys: KeyStore) -> bool:
        while before := await keys.get(key_of(name)):
            after = ended(before, name if is_session else "")
            if is_session and after == before:
                return False
            if await keys.replace(before, after):
                return True
        return False

    if not with_keys(change):
        raise CommandError(f"no session or key {name}; `enrayon keys sessions` lists all")
    within_s = AccessSettings().access_refresh_s
    if json:
        typer.echo(orjson.dumps({"name": name, "within_s": within_s}).decode())
    else:
        console.print(f"[cyan]{name}[/] is signed out; servers notice within {within_s:g} s")


def link_of(code: str) -> str:
    """The link with a code. Browsers send nothing behind the `#` to anybody, and log none of it."""
    settings = ChassisSettings()
    base = EdgeSettings().edge_public_url or f"http://{settings.host}:{settings.http_port}"
    return f"{base.rstrip('/')}/sign-in#{code}"


def show_link(code: str) -> None:
    """Print the QR code of a link, beside standard output."""
    minutes = round(LINK_LIFE.total_seconds() / 60)
    errors.print(f"[dim]Link to sign in with, once, within {minutes} minutes:[/]")
    segno.make(link_of(code), error="m", micro=False).terminal(out=sys.stderr, compact=True)


def with_keys(act: Callable[[KeyStore], Awaitable[T]]) -> T:
    """Run an act on the keys in the database.

    Raises:
        CommandError: the database does not answer.
    """
    settings = ChassisSettings()
    url = settings.database_url or running_url(settings.data_dir)
    if not url:
        raise CommandError(
            "no database is running; start `enrayon up`, or set ENRAYON_DATABASE_URL", UNREACHABLE
        )

    async def run() -> T:
        client = connect(settings, url)
        try:
            return await act(KeyStore(client))
        except Exception as error:
            if readable := as_service_error(error):
                raise CommandError(readable.message, UNREACHABLE) from None
            raise
        finally:
            await client.aclose()

    return asyncio.run(run())


def show_token(key: ApiKey, token: str, json: bool, code: str = "") -> None:
    """Print a token, and a link if there is a code; standard output has the token alone."""
    if json:
        answer = {**described(key, utc_now()), "token": token}
        if code:
            answer["link"] = link_of(code)
        typer.echo(orjson.dumps(answer, option=orjson.OPT_INDENT_2).decode())
        return
    if code:
        show_link(code)
        errors.print(link_of(code), soft_wrap=True, highlight=False, markup=False)
    errors.print(f"[dim]Key[/] {key.name}[dim], shown only once; send it as x-api-key:[/]")
    typer.echo(token)


def described(key: ApiKey, now: dt.datetime) -> dict[str, Any]:
    """The public facts of a key, without its secrets."""
    return {
        "name": key.name,
        "role": key.role.name.lower(),
        "scopes": list(key.scopes),
        "origins": list(key.origins),
        "stores": list(key.stores),
        "note": key.note,
        "secrets": [
            {
                "create_time": secret.create_time.isoformat(timespec="seconds"),
                "expire_time": secret.expire_time.isoformat(timespec="seconds")
                if secret.expire_time
                else "",
            }
            for secret in key.secrets
            if secret.expire_time is None or now < secret.expire_time
        ],
    }


def check_scopes(scopes: list[str]) -> None:
    """Refuse a scope that names no service or method.

    Raises:
        CommandError: a scope is unknown.
    """
    methods = {short_name(path) for path in POLICY}
    known = {service for service, _ in methods} | {".".join(method) for method in methods}
    for scope in scopes:
        if scope not in known:
            raise CommandError(
                f"no service or method {scope!r}; a scope is like stock or stock.AdjustStock", USAGE
            )


def no_key(name: str) -> CommandError:
    """The error for an unknown key."""
    return CommandError(f"no key {name}; `enrayon keys list` lists all")
