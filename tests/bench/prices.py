"""`python -m tests.bench.prices`: what the dearest requests take of the processor.

Milliseconds of a processor in the event loop, threads and child processes, without a transport;
and the longest time that a request keeps the event loop from all other calls.
"""

import asyncio
import statistics
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import uvloop

from services import app
from services.chassis.access.policy import short_name
from services.chassis.database.embedded import EmbeddedValkey
from services.chassis.errors import ServiceError
from services.chassis.processor import Spent, metered
from services.chassis.settings import ChassisSettings
from services.chassis.telemetry.logs import configure_logs
from services.policy import POLICY
from tests.support.dearest import Dear, Host, loaded
from tests.support.holding import longest_hold_ms
from tests.support.paths import ROOT

ROUNDS = 3
DOCUMENT = ROOT / "deploy" / "scaling.md"
BEGIN, END = "<!-- prices -->\n", "<!-- end of prices -->\n"


class Row(NamedTuple):
    """What a request takes."""

    dear: Dear
    price_ms: float
    hold_ms: float
    outcome: str


async def answered(host: Host, dear: Dear) -> str:
    """Answer a request; returns the size of the response, or the reason of the refusal."""
    try:
        response = await host.answer(dear.path, dear.anew().SerializeToString())
        return f"{len(response) / 1000:,.0f} kB"
    except ServiceError as error:
        return error.reason or error.code.name


async def measure(host: Host, dear: Dear) -> tuple[float, float, str]:
    """Price and longest hold in milliseconds, and the outcome."""
    outcome = await answered(host, dear)  # what is computed once for all is there
    prices, holds = [], []
    for _ in range(ROUNDS):
        spent = Spent()
        await metered(answered(host, dear), spent)
        prices.append(spent.seconds * 1000)
        holds.append(await longest_hold_ms(answered(host, dear)))
    return statistics.median(prices), min(holds), outcome


async def run(settings: ChassisSettings, url: str) -> list[Row]:
    """Measure all."""
    async with app.shared_parts(settings, url) as parts, loaded(parts) as (host, requests):
        return [Row(dear, *await measure(host, dear)) for dear in requests]


def as_markdown(rows: list[Row]) -> str:
    """The table of the documents."""
    lines = [
        "| method | request | takes ms | holds others ms | price ms | answer |",
        "|---|---|---|---|---|---|",
    ]
    for row in rows:
        rule, size_kb = POLICY[row.dear.path], row.dear.request.ByteSize() / 1000
        price_ms = rule.price_ms + rule.kb_ms * size_kb
        name = ".".join(short_name(row.dear.path))
        answer = row.outcome if row.outcome.endswith("kB") else f"refused: {row.outcome}"
        lines.append(
            f"| {name} | {row.dear.name} | {row.price_ms:.1f} | {row.hold_ms:.1f} |"
            f" {price_ms:.1f} | {answer} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Measure on a database of its own; with `--write` into deploy/scaling.md."""
    with TemporaryDirectory() as folder:
        settings = ChassisSettings(data_dir=Path(folder), log_level="error")
        configure_logs(settings)
        with (
            EmbeddedValkey(settings.data_dir) as valkey,
            asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
        ):
            table = as_markdown(runner.run(run(settings, valkey.url)))
    print(table)
    if "--write" in sys.argv:
        text = DOCUMENT.read_text("utf-8")
        head, tail = text[: text.index(BEGIN) + len(BEGIN)], text[text.index(END) :]
        DOCUMENT.write_text(f"{head}\n{table}\n\n{tail}", "utf-8")


if __name__ == "__main__":
    main()
