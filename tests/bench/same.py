"""Compares the answers of two states of the software: `python -m tests.bench.same COMMIT`.

Both states load the sample into a database of their own, and answer the same requests of every hot
method in the process, by `Calls`. Half of the requests lie at the borders of the rules: NaN, -0.0,
poles, bounds moved by one, unknown values of enums, oneofs without a choice, texts that are too
long. What hangs on the moment of the call is left out. Each answer that differs is printed.
"""

import argparse
import asyncio
import math
import os
import random
import struct
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from buf.validate import validate_pb2
from google.protobuf import json_format
from google.protobuf.descriptor import FieldDescriptor, MethodDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from google.protobuf.timestamp_pb2 import Timestamp
from google.rpc import error_details_pb2

from services.client.contracts import CONTRACTS

REQUESTS = 20_000
"""Of each method."""
HOT = (
    "enrayon.stores.v1.StoresService.FindNearestStores",
    "enrayon.stores.v1.StoresService.BatchFindNearestStores",
    "enrayon.stores.v1.StoresService.GetStore",
    "enrayon.stores.v1.StoresService.BatchGetStores",
    "enrayon.stores.v1.StoresService.SearchStores",
    "enrayon.stores.v1.StoresService.SuggestPlaces",
    "enrayon.hours.v1.HoursService.CheckOpenState",
    "enrayon.hours.v1.HoursService.BatchCheckOpenStates",
    "enrayon.stock.v1.StockService.FindNearestAvailability",
    "enrayon.stock.v1.StockService.FindPickupOptions",
    "enrayon.aisle.v1.AisleService.PlanRoute",
    "enrayon.geofence.v1.GeofenceService.MatchFences",
)
BORDERS = (math.nan, math.inf, -math.inf, -0.0, 90.0, -90.0, 180.0, -180.0, 1e300, 5e-324)
MOMENT_S = 3600
"""Instants that are so near to the run are reckoned from it."""
SEED = 22
LENGTH = struct.Struct("<I")


def main() -> None:
    """Answer in both states, and compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("commit", help="the state before")
    parser.add_argument("--requests", type=int, default=REQUESTS, help="of each method")
    arguments = parser.parse_args()
    here = Path(__file__).parents[2]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        before, requests = folder / "before", folder / "requests"
        git = ["git", "-C", str(here), "worktree"]
        subprocess.run(
            [*git, "add", "--quiet", "--detach", str(before), arguments.commit], check=True
        )
        try:
            (folder / "now").write_text(str(int(time.time())))
            for state, tree in (("after", here), ("before", before)):
                environment = {**os.environ, "PYTHONPATH": f"{tree}:{tree}/protos/gen"}
                environment |= {
                    "ENRAYON_DATA_DIR": str(folder / state),
                    "ENRAYON_LOG_LEVEL": "error",
                    "ENRAYON_STOCK_ALLOW_LOSS": "true",
                    "ENRAYON_DATABASE_TIMEOUT_S": "60",
                }
                count = ["--count", str(arguments.requests)] if state == "after" else []
                command = [sys.executable, "-P", __file__, "--answer", state, name, *count]
                subprocess.run(command, cwd=tree, env=environment, check=True)
        finally:
            subprocess.run([*git, "remove", "--force", str(before)], check=True)
        differing = compared(folder)
        total = sum(1 for _ in blocks(requests)) // 2
    print(f"{total:,} requests of {len(HOT)} methods: {differing} answers differ")
    sys.exit(differing > 0)


def compared(folder: Path) -> int:
    """The number of answers that differ; prints the first of them, and the codes by method."""
    asked, differing, codes = blocks(folder / "requests"), 0, Counter[str]()
    for old, new in zip(blocks(folder / "before.out"), blocks(folder / "after.out"), strict=True):
        method, data = next(asked).decode(), next(asked)
        codes[f"{method.rpartition('.')[2]} {new.partition(b' ')[0].decode()}"] += 1
        if old != new:
            differing += 1
            if differing <= 20:
                print(method, json_of(method_of(method).input_type, data))
                print("  before", old.decode()[:600])
                print("  after ", new.decode()[:600])
    for name, count in sorted(codes.items()):
        print(f"  {name}: {count:,}")
    return differing


def blocks(path: Path) -> Iterator[bytes]:
    """The blocks of a file, each after its length."""
    with path.open("rb") as file:
        while head := file.read(LENGTH.size):
            yield file.read(*LENGTH.unpack(head))


def block(data: bytes) -> bytes:
    """A block as `blocks` reads it."""
    return LENGTH.pack(len(data)) + data


def method_of(name: str) -> MethodDescriptor:
    """A method by its full name."""
    service, _, short = name.rpartition(".")
    [contract] = [each for each in CONTRACTS if each.full_name == service]
    method: MethodDescriptor = contract.methods_by_name[short]
    return method


def json_of(kind: Any, data: bytes) -> str:
    """A message in one line, as far as JSON has words for it."""
    try:
        return json_format.MessageToJson(GetMessageClass(kind).FromString(data), indent=None)[:600]
    except ValueError:
        return data.hex()[:600]


async def answered(state: str, folder: Path, count: int) -> None:
    """Load the sample, write so many requests of each method if there is a count, and answer all.

    It runs in both states of the software, so it uses only what both have.
    """
    from services import app
    from services.chassis.clock import utc_now
    from services.chassis.database.embedded import EmbeddedValkey
    from services.chassis.serving.calls import Calls
    from services.chassis.serving.methods import methods_of
    from services.chassis.settings import ChassisSettings
    from services.cli import sample

    settings = ChassisSettings(longest_wait_s=0)
    now_s = int((folder / "now").read_text())
    now = utc_now().fromtimestamp(now_s, utc_now().tzinfo)
    with EmbeddedValkey(settings.data_dir, {"appendfsync": "no"}) as valkey:
        async with app.shared_parts(settings, valkey.url) as parts:
            await sample.load(parts)
            services = app.built(replace(parts, clock=lambda: now), [])
            async with app.background(services):
                await asyncio.sleep(3)  # the shelves are followed
                if count:
                    write_requests(folder / "requests", known(parts), count)
                calls = Calls()
                answers = {
                    f"{service.descriptor.full_name}.{method.name}": calls.answer(method)
                    for service in services
                    for method in methods_of(service.descriptor, service.servicer, 64 * 1024)
                }
                found = blocks(folder / "requests")
                with (folder / f"{state}.out").open("wb") as file:
                    for name in found:
                        method = name.decode()
                        await asyncio.sleep(0)  # the feeds are followed meanwhile
                        file.write(
                            block(await outcome(answers[method], method, next(found), now_s))
                        )


async def outcome(answer: Any, method: str, data: bytes, now_s: int) -> bytes:
    """The code and the message or the status of an answer, without what hangs on the moment."""
    from services.chassis.errors import ServiceError

    try:
        message = GetMessageClass(method_of(method).output_type).FromString(await answer(data))
    except ServiceError as error:
        return f"{error.code.name} {error.message} {details(error.status())}".encode()
    clear(message, now_s)
    return b"OK " + str(message).replace("\n", " ").encode()


def details(status: Any) -> list[Any]:
    """The details of an error; inside their Any the order of a map is not defined."""
    info, found = error_details_pb2.ErrorInfo(), []
    for packed in status.details:
        if packed.Unpack(info):
            found.append([info.reason, info.domain, sorted(info.metadata.items())])
        else:
            found.append(packed.value)
    return found


def clear(message: Any, now_s: int) -> None:
    """Clear instants near to the run, tokens (their keys differ), and how old the data are."""
    for name in ("next_page_token", "index_lag", "etag", "update_time", "as_of"):
        if name in message.DESCRIPTOR.fields_by_name:
            message.ClearField(name)
    for field, value in message.ListFields():
        if field.message_type is None or field.message_type.GetOptions().map_entry:
            continue
        for each in value if field.is_repeated else [value]:
            if isinstance(each, Timestamp):
                if each.nanos or abs(each.seconds - now_s) < MOMENT_S:
                    each.Clear()
            else:
                clear(each, now_s)


def known(parts: Any) -> dict[str, Any]:
    """Values of the sample, by the name of their field."""
    stores = [f"stores/{id}" for id, _ in parts.directory.stores.replica.records()][:60]
    products = [f"products/{sku}" for sku, _ in parts.directory.products.replica.records()][:60]
    return {
        "stores": stores,
        "store": stores,
        "parent": stores,
        "name": stores,
        "names": stores,
        "products": products,
        "product": products,
        "point": [(60.1699, 24.9384), (60.18, 24.95), (60.17, 24.93), (0.0, 0.0)],
        "place": ["Kamppi", "Helsinki", "00100", "Paris", "Atlantis"],
        "h3_cell": ["881126d34bfffff", "881126d34bffffz"],
        "query": ["kamppi", "k-market", "alko", "bar", "maito"],
        "region_codes": ["FI", "FR"],
        "language_code": ["fi", "en", "de", "xx"],
        "word": ["alko", "K-Market", "FI", "demo", "a"],
    }


def write_requests(path: Path, values: dict[str, Any], count: int) -> None:
    """Write so many requests of each method, half of them at the borders of the rules."""
    from tests.e2e.requests import Writer

    writer, rng = Writer(SEED, values), random.Random(SEED)
    with path.open("wb") as file:
        for name in HOT:
            method = method_of(name)
            for number in range(count):
                request = writer.request(method)
                if number % 2:
                    moved(rng, request)
                file.write(block(name.encode()) + block(request.SerializeToString()))


def moved(rng: random.Random, request: Message) -> None:
    """Move one or two fields of a request to a border of their rules."""
    for _ in range(rng.choice((1, 1, 2))):
        holders = list(messages(request))
        holder = rng.choice(holders)
        fields = [
            field
            for field in holder.DESCRIPTOR.fields
            if not (field.message_type and field.message_type.GetOptions().map_entry)
        ]
        if fields:
            move(rng, holder, rng.choice(fields))


def messages(message: Any) -> Iterator[Any]:
    """A message and those in it."""
    yield message
    for field, value in message.ListFields():
        if field.message_type is not None and not field.message_type.GetOptions().map_entry:
            for each in value if field.is_repeated else [value]:
                yield from messages(each)


def move(rng: random.Random, holder: Any, field: FieldDescriptor) -> None:
    """Set a field to a value at a border, or clear it."""
    if field.message_type is not None:
        if field.is_repeated or rng.random() < 0.5:
            holder.ClearField(field.name)
        else:
            getattr(holder, field.name).SetInParent()
        return
    values = borders(field)
    if field.is_repeated:
        listed = getattr(holder, field.name)
        listed.extend([rng.choice(values)] * rng.choice((1, 1, 2, 21, 1001)))
    else:
        setattr(holder, field.name, rng.choice(values))


def borders(field: FieldDescriptor) -> list[Any]:
    """Values at and beside the bounds of a field, and values without a meaning."""
    rules = field.GetOptions().Extensions[validate_pb2.field]
    if field.is_repeated:
        rules = rules.repeated.items
    bounds = [
        getattr(kind, name)
        for kind in (rules.double, rules.int32, rules.int64, rules.uint32)
        for name in ("gt", "gte", "lt", "lte")
        if kind.HasField(name)
    ]
    if field.enum_type is not None:
        return [0, -1, 99, max(field.enum_type.values_by_number) + 1]
    kind = field.cpp_type
    if kind == FieldDescriptor.CPPTYPE_BOOL:
        return [False, True]
    if kind == FieldDescriptor.CPPTYPE_STRING:
        if field.type == FieldDescriptor.TYPE_BYTES:
            return [b"", b"\xff"]
        text = rules.string
        lengths = {n + d for n in (text.min_len, text.max_len, text.len) if n for d in (-1, 0, 1)}
        return ["", " ", "\0", "Ä", *("x" * n for n in sorted(lengths) if n <= 5000), "x" * 5000]
    if kind in (FieldDescriptor.CPPTYPE_DOUBLE, FieldDescriptor.CPPTYPE_FLOAT):
        beside = [math.nextafter(bound, to) for bound in bounds for to in (-math.inf, math.inf)]
        return [*BORDERS, *bounds, *beside]
    low, high = {
        FieldDescriptor.CPPTYPE_INT32: (-(2**31), 2**31 - 1),
        FieldDescriptor.CPPTYPE_UINT32: (0, 2**32 - 1),
        FieldDescriptor.CPPTYPE_UINT64: (0, 2**64 - 1),
    }.get(kind, (-(2**63), 2**63 - 1))
    near = [int(bound) + step for bound in (*bounds, 0, 1000, 100) for step in (-1, 0, 1)]
    return [low, high, *(number for number in near if low <= number <= high)]


if __name__ == "__main__":
    if sys.argv[1:2] == ["--answer"]:
        _, _, state, name, *more = sys.argv
        asyncio.run(answered(state, Path(name), int(more[1]) if more else 0))
    else:
        main()
