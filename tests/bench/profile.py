"""`make profile [CALL=nearest]`: a flame graph of a server under load, in `build/profile.svg`.

py-spy samples the running process from outside, whenever it holds the interpreter. What gRPC,
uvloop and numpy do beneath Python counts for the line that called them.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.bench.load import JSON, MISSING, is_installed, load, load_all
from tests.bench.transport import SERVICE, STORES, bodies, served

SAMPLES_PER_S = 100
CALLS = ("nearest", "batch", "json", "echo")


def main() -> None:
    """Put a server under load, and sample it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--call", choices=CALLS, default="nearest")
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--output", type=Path, default=Path("build/profile.svg"))
    arguments = parser.parse_args()
    py_spy = shutil.which("py-spy", path=str(Path(sys.executable).parent)) or shutil.which("py-spy")
    if not py_spy or not is_installed():
        parser.exit(1, f"{'needs py-spy' if not py_spy else MISSING}\n")
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name, served(Path(name), STORES) as at:
        singles, batch, texts = bodies(Path(name), 1000)
        rpc, seconds = f"http://127.0.0.1:{at.grpc_port}", arguments.seconds + 2
        with ThreadPoolExecutor(1) as pool:
            match arguments.call:
                case "nearest":
                    under = pool.submit(
                        load_all, f"{rpc}/{SERVICE}/FindNearestStores", singles, seconds
                    )
                case "batch":
                    path = f"{rpc}/{SERVICE}/BatchFindNearestStores"
                    under = pool.submit(load, path, batch, seconds, 4)
                case "json":
                    path = f"http://127.0.0.1:{at.http_port}/v1/stores:findNearest"
                    under = pool.submit(load_all, path, texts, seconds, JSON)
                case _:
                    under = pool.submit(load_all, f"{rpc}/bench.Echo/Echo", singles, seconds)
            subprocess.run(
                [
                    *(py_spy, "record", "--gil", "--rate", str(SAMPLES_PER_S)),
                    *("--duration", str(arguments.seconds), "--pid", str(at.pid)),
                    *("--output", str(arguments.output)),
                ],
                check=True,
            )
            print(f"{under.result():,.0f} requests a second meanwhile; {arguments.output}")


if __name__ == "__main__":
    main()
