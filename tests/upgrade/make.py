"""Makes the data that the upgrade test starts from.

    python -m tests.upgrade.make tests/upgrade/v1

Run it on the old code. Each change of what is kept (keys, records, signatures, backups) adds a
folder `v<n>`: check out the last commit before the change elsewhere, copy `tests/upgrade` there,
run this there, and bring the new folder back. `v0` was made so on dd2e7ba. A folder has

    data.tar.gz    the data folder of a suite that was stopped, with its snapshots and signing keys
    backup         the file of `enrayon backup` of the same suite
    clients.json   what clients hold: names, receipts, codes, tokens, cursors, API keys, requests
                   that they may send again, and answers that they were given

The suite runs in processes of its own, whose clock is moved to a fixed day. All shops, products
and devices are made up. A folder has at most 300 kB.
"""

import base64
import datetime as dt
import hashlib
import json
import sys
import tarfile
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import grpc

from tests.support.shims import compiled
from tests.upgrade.endpoint import endpoint
from tests.upgrade.making import indoors, orders, questions, readers, shops, visits
from tests.upgrade.making.notes import Notes
from tests.upgrade.running import CLOCK, Suite

BEGIN = dt.datetime(2026, 11, 24, 9, tzinfo=dt.UTC)
"""A Tuesday, 11:00 in the shops. Any day will do: the test moves its clock to it."""
MOST_BYTES = 300_000
LEFT_BEHIND = ("lock", "logs", "valkey.sock")


def key(version: int) -> str:
    """A signing key that nobody uses but this test."""
    secret = hashlib.sha256(f"upgrade test, key {version}".encode()).digest()
    return f"{version}:{base64.b64encode(secret).decode()}"


def keep_keys(folder: Path, *keys: str) -> None:
    """Give a suite its signing keys, the current one first."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    (folder / "keys").write_text(",".join(keys) + "\n")
    (folder / "keys").chmod(0o600)


def api_keys(suite: Suite) -> None:
    """Make API keys: of an admin, of a channel, and of a till whose key was rotated."""
    for name, role in (("ops", "admin"), ("shop", "channel"), ("till", "channel")):
        made = suite.command("keys", "create", name, "--role", role, "--json")
        suite.keys[name] = json.loads(made)["token"]
    rotated = suite.command("keys", "rotate", "till", "--overlap", "24h", "--json")
    suite.keys["till-new"] = json.loads(rotated)["token"]

    def is_known() -> bool:
        with suppress(grpc.RpcError):
            suite.call("geofence.ListFences", key="till-new")
            return True
        return False

    suite.until(is_known)


def make(target: Path, scratch: Path) -> None:
    """Make a folder of data."""
    folder, clock = scratch / "data", compiled(CLOCK, scratch)
    assert clock, "a moved clock needs a C compiler, and there is none"
    keep_keys(folder, key(1))
    with endpoint() as hook, Suite(folder, clock, BEGIN) as suite:
        suite.serve()
        api_keys(suite)
        notes = Notes(suite)
        shops.shops(notes)
        shops.hours(notes)
        shops.products(notes)
        visits.fences(notes)
        readers.subscriptions(notes, hook)
        indoors.plan(notes)
        orders.hold(notes, "before_the_new_key", 1)
        visits.visit(notes, "before_the_new_key", "plain")
        suite.stop("serve")

        keep_keys(folder, key(2), key(1))
        suite.serve()
        suite.start("work")
        orders.reservations(notes)
        orders.alerts(notes)
        indoors.reports(notes)
        indoors.anchor(notes, "after_the_new_key", 3.0)
        visits.trips(notes)
        visits.visits(notes)
        readers.cursor(notes)
        readers.deliveries(notes, hook)
        questions.answers(notes)
        questions.pages(notes)
        suite.stop("work")
        readers.disable(notes)
        with suite.stream("stock.ExportStockMovements") as answers:
            movements = [each for answer in answers for each in answer.get("movements", [])]
        notes.held |= {
            "saved_at": suite.now().isoformat(),
            "signing_keys": ",".join((key(2), key(1))),
            "api_keys": suite.keys,
            "movements": movements,
            "reconciled": notes.call("stock.ReconcileStock"),
        }
        suite.command("backup", str(scratch / "backup"))
        suite.stop("serve")
    write(target, scratch, notes.held)


def write(target: Path, scratch: Path, held: dict[str, Any]) -> None:
    """Put what was made where it belongs."""
    target.mkdir(parents=True, exist_ok=True)
    with tarfile.open(target / "data.tar.gz", "w:gz", compresslevel=9) as tar:
        for path in sorted((scratch / "data").iterdir()):
            if path.name not in LEFT_BEHIND:
                tar.add(path, path.name, filter=unnamed)
    (target / "backup").write_bytes((scratch / "backup").read_bytes())
    (target / "clients.json").write_text(dumped(held) + "\n")
    size = sum(path.stat().st_size for path in target.iterdir())
    print(f"{size:,} bytes in {target}")
    assert size <= MOST_BYTES


def dumped(held: dict[str, Any]) -> str:
    """JSON of which each item has a line."""
    parts = []
    for name, value in sorted(held.items()):
        if isinstance(value, list):
            text = "[\n" + ",\n".join(json.dumps(each) for each in value) + "\n]"
        elif isinstance(value, dict):
            lines = (f"{json.dumps(key)}: {json.dumps(each)}" for key, each in value.items())
            text = "{\n" + ",\n".join(lines) + "\n}"
        else:
            text = json.dumps(value)
        parts.append(f"{json.dumps(name)}: {text}")
    return "{\n" + ",\n".join(parts) + "\n}"


def unnamed(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """A member that does not say whose it was."""
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return member


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch_folder:
        make(Path(sys.argv[1]), Path(scratch_folder))
