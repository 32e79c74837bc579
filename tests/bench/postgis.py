"""PostGIS as it is installed, on a database of its own: ten nearest by `<->`, geography."""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from geodata.points import Point
from tests.bench.places import Floats

PROGRAMS = "/usr/lib/postgresql/*/bin"
QUERIES = 100
"""As many scripts of one query each; pgbench takes at most 128."""
ASKED = 400


class PostgisError(RuntimeError):
    """It is not here, or does not start."""


@contextmanager
def seconds_per_query(
    latitudes: Floats, longitudes: Floats, points: Sequence[Point], limit: int
) -> Iterator[Callable[[], float]]:
    """A function that answers how long a query takes, prepared, of one client.

    Raises:
        PostgisError: PostGIS cannot be had.
    """
    with tempfile.TemporaryDirectory() as name, started(Path(name)) as run:
        rows = "".join(
            f"SRID=4326;POINT({longitude} {latitude})\n"
            for latitude, longitude in zip(latitudes.tolist(), longitudes.tolist(), strict=True)
        )
        run("psql", "-qc", "CREATE EXTENSION postgis")
        run("psql", "-qc", "CREATE TABLE stores (id serial, position geography(Point, 4326))")
        run("psql", "-qc", "COPY stores (position) FROM STDIN", input=rows)
        run("psql", "-qc", "CREATE INDEX ON stores USING gist (position)")
        run("psql", "-qc", "VACUUM ANALYZE stores")
        scripts = []
        for number, point in enumerate(points[:QUERIES]):
            here = f"'SRID=4326;POINT({point.longitude} {point.latitude})'::geography"
            scripts.append(Path(name, f"{number}.sql"))
            scripts[-1].write_text(
                f"SELECT id, position <-> {here} FROM stores "
                f"ORDER BY position <-> {here} LIMIT {limit};\n"
            )

        def seconds() -> float:
            files = [part for script in scripts for part in ("-f", str(script))]
            done = run("pgbench", "-n", "-M", "prepared", "-t", str(ASKED), *files)
            found = re.search(r"latency average = ([\d.]+) ms", done)
            assert found, done
            return float(found[1]) / 1000

        yield seconds


@contextmanager
def started(folder: Path) -> Iterator[Callable[..., str]]:
    """A server in a folder; answers how to run a client program on it."""
    paths = [str(path) for path in Path("/").glob(PROGRAMS.lstrip("/"))]
    initdb = shutil.which("initdb", path=os.pathsep.join(paths))
    if not initdb:
        raise PostgisError("needs PostGIS")
    programs = Path(initdb).parent
    as_user = "postgres" if os.geteuid() == 0 else None  # it refuses to run as root
    if as_user:
        shutil.chown(folder, as_user)
    environment = {"PGHOST": str(folder), "PGDATABASE": "postgres", "LC_ALL": "C"}

    def run(program: str, *arguments: str, input: str | None = None) -> str:
        done = subprocess.run(
            [programs / program, *arguments],
            user=as_user,
            env=environment,
            cwd=folder,
            input=input,
            text=True,
            capture_output=True,
        )
        if done.returncode:
            raise PostgisError(f"{program}: {done.stderr.strip()[-200:]}")
        return done.stdout

    data = str(folder / "data")
    run("initdb", "-D", data, "-A", "trust")
    options = f"-k {folder} -h '' -c fsync=off -c shared_buffers=256MB"
    run("pg_ctl", "-D", data, "-o", options, "-l", str(folder / "log"), "-w", "start")
    try:
        yield run
    finally:
        run("pg_ctl", "-D", data, "-m", "fast", "stop")
