"""One suite observed from outside: its traces, metrics and logs."""

import concurrent.futures
import urllib.request
from collections.abc import Iterator

import grpc
import pytest
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2_grpc

from tests.e2e.suite import Suite, chosen_database, wait_until
from tests.support.ports import free_port
from tests.support.watched import Collector, Watched, answers_of_a_visit


@pytest.fixture(scope="session")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    """The demo with a collector of traces, after some requests."""
    collector = Collector()
    folder = tmp_path_factory.mktemp("watched")
    with (
        concurrent.futures.ThreadPoolExecutor(2) as threads,
        chosen_database(folder / "database") as database,
    ):
        server = grpc.server(threads)
        add = trace_service_pb2_grpc.add_TraceServiceServicer_to_server
        add(collector, server)  # type: ignore[no-untyped-call]
        collector_port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        suite = Suite(folder / "data", "--demo", database=database)
        serve_port, envoy_port = free_port(1), free_port()  # the worker takes the next one
        suite.environment |= {
            "ENRAYON_OTLP_ENDPOINT": f"127.0.0.1:{collector_port}",
            "ENRAYON_TRACE_RATIO": "1",
            "ENRAYON_METRICS_PORT": str(serve_port),
            "ENRAYON_EDGE_ADMIN_PORT": str(envoy_port),
            "ENRAYON_LOG_LEVEL": "debug",
            "OTEL_BSP_SCHEDULE_DELAY": "200",  # milliseconds between batches of spans
        }
        suite.start()
        try:
            wait_until(lambda: is_ready(serve_port + 1))  # the greeting does not wait for it
            answers = answers_of_a_visit(suite)
            yield Watched(suite, collector, answers, serve_port, serve_port + 1, envoy_port)
        finally:
            suite.stop()
            server.stop(None)


def is_ready(port: int) -> bool:
    """True if the process with this port for its metrics says that it is ready."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz"):
            return True
    except OSError:
        return False
