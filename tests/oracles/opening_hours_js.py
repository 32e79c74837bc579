"""Compare the evaluator with npm's `opening_hours`, over two weeks at every half hour.

Install it in a folder outside this repository (`npm install opening_hours`), then run
`python -m tests.oracles.opening_hours_js FOLDER [TEXTS]`. TEXTS has a text on each line; without it
the distinct strings of the shared data are compared. Prints every text that differs, and counts.
"""

import csv
import datetime as dt
import gzip
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from geodata.schedule.errors import ScheduleError
from geodata.schedule.expression import Expression
from geodata.schedule.selection import never

FIRST = dt.date(2026, 11, 23)
HALF_HOURS = 14 * 48
STRINGS = Path(__file__).parents[3] / "shared" / "data" / "hours_strings.csv.gz"
PROGRAM = """
process.env.TZ = "UTC";
const OpeningHours = require("opening_hours");
console.warn = console.error = () => {};
const print = console.log;
console.log = () => {};
require("readline").createInterface({input: process.stdin}).on("line", (line) => {
  const [text, first, count] = JSON.parse(line);
  const place = {lat: 48.85, lon: 2.35, address: {country_code: "fr", state: ""}};
  let states = "";
  try {
    const hours = new OpeningHours(text, place, {mode: 0, locale: "en"});
    for (let n = 0; n < count; n++) {
      const at = new Date(Date.parse(first) + n * 1800000);
      states += hours.getUnknown(at) ? "?" : hours.getState(at) ? "o" : ".";
    }
  } catch (error) {
    states = "refused";
  }
  print(states);
});
"""


def theirs(folder: Path, texts: list[str]) -> Iterator[str]:
    """The states of each text at each half hour, or `refused`."""
    lines = [json.dumps([text, f"{FIRST}T00:00Z", HALF_HOURS]) for text in texts]
    script = folder / "ask_states.js"
    script.write_text(PROGRAM, "utf-8")
    with subprocess.Popen(
        ["node", str(script)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as node:
        out, _ = node.communicate("\n".join(lines) + "\n")
    yield from out.splitlines()


def ours(text: str) -> str:
    """The same of this evaluator, without holidays."""
    try:
        expression = Expression(text, "UTC")
    except ScheduleError:
        return "refused"
    marks = {"open": "o", "closed": ".", "unknown": "?"}
    states = ""
    for day in range(14):
        spans = expression.day(FIRST + dt.timedelta(day), never, never)
        for minute in range(0, 1440, 30):
            span = next(span for span in spans if span.start_min <= minute < span.end_min)
            states += marks[span.state.value]
    return states


def main() -> None:
    """Compare and print."""
    folder = Path(sys.argv[1])
    if len(sys.argv) > 2:
        texts = Path(sys.argv[2]).read_text("utf-8").splitlines()
    else:
        with gzip.open(STRINGS, "rt", encoding="utf-8") as file:
            texts = [row["opening_hours"] for row in csv.DictReader(file)]
    texts = [text for text in texts if text.strip()]
    count: Counter[str] = Counter()
    for text, other in zip(texts, theirs(folder, texts), strict=True):
        mine = ours(text)
        if mine == other:
            kind = "both refuse" if mine == "refused" else "same"
        elif mine == "refused":
            kind = "only we refuse"
        elif other == "refused":
            kind = "only they refuse"
        else:
            kind = f"{sum(a != b for a, b in zip(mine, other, strict=True))} half hours differ"
        count["differ" if "half hours" in kind else kind] += 1
        if kind not in ("same", "both refuse"):
            sys.stdout.write(f"{kind}\t{text}\n")
    sys.stdout.write(f"{len(texts)} texts: {dict(count)}\n")


if __name__ == "__main__":
    main()
