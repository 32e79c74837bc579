"""The rows of the fault matrix, and the report of the figures that tests found."""

import json
import xml.etree.ElementTree as ET
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

ROWS = {
    1: "many callers want the last unit at once: one gets it",
    2: "the same SKU twice in a basket; quantity 0, -1, 2^31",
    3: "replies are lost after the commit",
    4: "a request_id used again with another body; fifty at once",
    5: "confirmed as the hold expires: confirmed or expired, never both",
    6: "10,000 holds expire at once",
    7: "two sweepers, one killed",
    8: "a client's clock is an hour off",
    9: "the server is killed during calls",
    10: "the database is killed: time to recover",
    11: "power loss",
    12: "a torn tail of the append-only file",
    13: "the disk is full",
    14: "the memory of the database is full",
    15: "failover to a replica that was frozen",
    16: "a master of the cluster dies",
    17: "a slot moves under load",
    18: "the database hangs for 10 s: deadlines are kept",
    19: "deliverers die between a delivery and its acknowledgement",
    20: "readers die with events pending",
    21: "a damaged event: the others are delivered",
    22: "a backlog over the cap",
    23: "the stream of events is deleted",
    24: "webhook endpoints: 3xx, 410, 429, a slow drip, a huge body",
    25: "late, permuted and duplicate fixes",
    26: "a device's clock is a day off",
    27: "jitter at a border, 500 m of inaccuracy",
    28: "NaN, the poles, the antimeridian",
    29: "a fence is deleted with a device inside",
    30: "a bomb of nested JSON",
    31: "a bomb of compressed data",
    32: "absurd requests of every RPC",
    33: "polygons of a million vertices, bow-ties, the world",
    34: "a deadline passes during a commit",
    35: "SIGTERM under load: no call fails",
    36: "five times overload: sheds with pushback, goodput holds",
    37: "one caller takes many holds: a quota for each caller",
    38: "every RPC by anonymous, own and other callers, staff of its store and of another",
    39: "webhooks to private addresses, rebinding, redirects",
    40: "a second process on the same port is refused",
    41: "calls whose body never comes, from one address",
    42: "ten thousand idle connections",
    43: "streams of health and calls without a message: an idle server sheds nobody",
    44: "the dearest requests of every public method, four at once",
    45: "rapid reset through the edge",
    49: "forged forwarding headers",
    50: "a foreign page and a rebound name against an open suite",
    51: "a page holds the whole stock of a shop for a week",
    52: "exact levels of a shop that answers with bands alone",
    53: "a caller creates without end: a quota for each thing",
    54: "searches from random places: what the database keeps of them",
    55: "every key of the database: what bounds it",
    56: "an idle suite",
    57: "workers, database, power die between what a hold or trip learns and the other is told",
    58: "the last place of a pick-up slot: a hundred at once, and the memory full",
    59: "changes of holds and slots: lost replies, kills, power loss, full memory; 11, 15-17",
    60: "a store closes with holds on it, while workers, the database and the power die",
    61: "the append-only file is gone, beside snapshots of its data",
    62: "zeros at the end of the append-only file",
    63: "an altered backup",
    64: "data of a later format, or of other signing keys",
    65: "the demo starts again after sales",
    66: "an endpoint that is back after 9 s",
    67: "an event past its time",
    68: "alerts with holds: workers die, replies are lost, others are faster",
}


def figures_of(junit: Path) -> dict[int, list[str]]:
    """Row -> the figures of tests that passed, from pytest's report in JUnit's format."""
    found: dict[int, list[str]] = defaultdict(list)
    for case in ET.parse(junit).iter("testcase"):
        if case.find("failure") is not None or case.find("error") is not None:
            continue
        for told in case.iter("property"):
            kind, _, number = told.get("name", "").partition(" ")
            if kind == "row":
                found[int(number)].append(told.get("value", ""))
    return dict(found)


def as_json(figures: Mapping[int, list[str]]) -> str:
    """The report for programs."""
    rows = [
        {"row": row, "what": what, "figures": figures.get(row, [])} for row, what in ROWS.items()
    ]
    return json.dumps(rows, indent=1, ensure_ascii=False) + "\n"


def as_markdown(figures: Mapping[int, list[str]]) -> str:
    """The report as a table for people."""
    lines = ["| Row | Fault | What was found |", "|---|---|---|"]
    for row, what in ROWS.items():
        told = "<br>".join(line.replace("|", "/") for line in figures.get(row, ["not run"]))
        lines.append(f"| {row} | {what} | {told} |")
    return "\n".join(lines) + "\n"
