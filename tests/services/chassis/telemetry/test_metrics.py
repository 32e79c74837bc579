"""Logs for machines and for people, metrics by HTTP; where errors came from, not what they say."""

import json
import re
from collections.abc import Iterator

import pytest
import structlog
from prometheus_client import REGISTRY

from services.chassis.settings import ChassisSettings
from services.chassis.telemetry.logs import configure_logs, stack_of
from services.chassis.telemetry.metrics import MethodMetrics


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    yield
    structlog.reset_defaults()


def fail(latitude: float) -> None:
    position = f"latitude {latitude}"
    try:
        raise LookupError(position)
    except LookupError as error:
        raise ValueError(f"no store near {position}") from error


def log_a_failure() -> None:
    log = structlog.get_logger()
    try:
        fail(60.1687)
    except ValueError as error:
        log.error("a call failed", where="/x/Y", stack=stack_of(error))


def test_for_machines_each_event_is_a_line_of_json(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(ChassisSettings(log_format="json"))
    log_a_failure()
    structlog.get_logger().info("serving", port=50051)
    failed, serving = map(json.loads, capsys.readouterr().err.splitlines())
    assert (serving["event"], serving["level"], serving["port"]) == ("serving", "info", 50051)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z", serving["timestamp"])
    assert "in fail" in failed["stack"]


def test_for_people_a_stack_stands_below_its_event(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(ChassisSettings(log_format="console"))
    log_a_failure()
    first, *rest = capsys.readouterr().err.splitlines()
    assert "a call failed" in first
    assert any("in fail" in line for line in rest)


def test_where_nobody_watches_auto_means_json(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(ChassisSettings(log_format="auto"))
    structlog.get_logger().info("serving")
    assert json.loads(capsys.readouterr().err)["event"] == "serving"


@pytest.mark.parametrize(
    ("level", "shown"),
    [
        ("debug", ["debug", "info", "warning", "error"]),
        ("warning", ["warning", "error"]),
        ("error", ["error"]),
    ],
)
def test_events_below_the_level_are_left_out(
    capsys: pytest.CaptureFixture[str], level: str, shown: list[str]
) -> None:
    configure_logs(ChassisSettings.model_validate({"log_format": "json", "log_level": level}))
    log = structlog.get_logger()
    for each in ("debug", "info", "warning", "error"):
        getattr(log, each)("x")
    lines = capsys.readouterr().err.splitlines()
    assert shown == [json.loads(line)["level"] for line in lines]


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_no_log_shows_local_variables(capsys: pytest.CaptureFixture[str], log_format: str) -> None:
    configure_logs(ChassisSettings.model_validate({"log_format": log_format}))
    latitude = 120.3374 / 2  # in a variable, as the request of a servicer is
    try:
        raise LookupError
    except LookupError:
        structlog.get_logger().exception("failed")
    shown = capsys.readouterr().err
    assert "LookupError" in shown
    assert str(latitude) not in shown


def test_a_stack_has_the_causes_first_and_no_text_of_theirs() -> None:
    with pytest.raises(ValueError) as raised:
        fail(24.9319)
    stack = stack_of(raised.value)
    assert re.findall(r"^\w+$", stack, re.MULTILINE) == ["LookupError", "ValueError"]
    assert "24.9319" not in stack.replace("fail(24.9319)", "")


def test_a_stack_has_all_errors_of_a_group() -> None:
    group = ExceptionGroup("of 60.1687", [KeyError("60.1687"), OSError("60.1687")])
    with pytest.raises(ExceptionGroup) as raised:
        raise group
    names = re.findall(r"^\w+$", stack_of(raised.value), re.MULTILINE)
    assert names == ["OSError", "KeyError", "ExceptionGroup"]
    assert "60.1687" not in stack_of(raised.value)


def test_errors_that_cause_each_other_have_a_stack_too() -> None:
    one, other = KeyError(), ValueError()
    one.__cause__, other.__cause__ = other, one
    assert stack_of(one) == "ValueError\nKeyError\n"


def test_calls_are_counted_by_method_and_code() -> None:
    measured = MethodMetrics("/tests/Counted")
    measured.end(measured.begin(), "NOT_FOUND")
    labels = {"method": "/tests/Counted"}
    counted = REGISTRY.get_sample_value("enrayon_requests_total", {**labels, "code": "NOT_FOUND"})
    timed = REGISTRY.get_sample_value("enrayon_request_seconds_count", labels)
    assert (1.0, 1.0) == (counted, timed)


def test_a_call_is_running_from_its_begin_to_its_end() -> None:
    measured = MethodMetrics("/tests/Running")
    began = measured.begin()
    labels = {"method": "/tests/Running"}
    assert REGISTRY.get_sample_value("enrayon_requests_running", labels) == 1.0
    measured.end(began, "OK")
    assert REGISTRY.get_sample_value("enrayon_requests_running", labels) == 0.0
