"""`enrayon up` answers by every protocol, and a killed process loses no data."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import grpc
import pytest

from enrayon.stores.v1 import stores_pb2, stores_pb2_grpc
from tests.e2e.suite import WAIT_S, Suite, wait_until

FIND = "/v1/stores:findNearest"
POINT = "origin.point.latitude=60.1699&origin.point.longitude=24.9384"
CSV = """id,brand,name,lat,lon,street,city,postcode,country
1,Stockmann,Stockmann Helsinki,60.1687,24.9418,Aleksanterinkatu 52,Helsinki,00100,FI
2,Forum,Forum,60.1694,24.9380,Mannerheimintie 14,Helsinki,00100,FI
2,Forum,Another of that id,60.1700,24.9300,Mannerheimintie 14,Helsinki,00100,FI
"""


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Suite]:
    """The demo, in a folder with a space in its name."""
    suite = Suite(tmp_path_factory.mktemp("demo") / "data of mine", "--demo")
    suite.start()
    yield suite
    suite.stop()


def names(answer: dict[str, list[dict[str, dict[str, str]]]]) -> list[str]:
    return [hit["store"]["name"] for hit in answer["stores"]]


def test_the_first_answer_by_json_and_grpc_has_stores_at_the_first_start_and_the_next(tmp_path):
    suite = Suite(tmp_path / "data", "--demo")
    for _ in range(2):
        with (
            ThreadPoolExecutor() as threads,
            grpc.insecure_channel(f"127.0.0.1:{suite.grpc_port}") as channel,
        ):
            by_json = threads.submit(first_answer, suite)
            stub = stores_pb2_grpc.StoresServiceStub(channel)
            request = stores_pb2.FindNearestStoresRequest(page_size=5)
            request.origin.place = "Kamppi"
            by_grpc = threads.submit(stub.FindNearestStores, request, WAIT_S, wait_for_ready=True)
            try:
                suite.start()
                assert 5 == len(by_json.result()["stores"])
                assert 5 == len(by_grpc.result().stores)
            finally:
                suite.stop()


def first_answer(suite: Suite) -> Any:
    """The first JSON answer that is not an error."""
    answers: list[Any] = []

    def is_answered() -> bool:
        with suppress(OSError):
            answers.append(suite.get(f"{FIND}?{POINT}&page_size=5"))
        return bool(answers)

    wait_until(is_answered)
    return answers[0]


def test_the_command_json_and_grpc_give_the_same_answer(demo):
    by_place = json.loads(demo.command("nearest", "Kamppi", "--limit", "5", "--json").stdout)
    by_command = json.loads(
        demo.command("nearest", "60.1699", "24.9384", "--limit", "5", "--json").stdout
    )
    by_json = demo.get(f"{FIND}?{POINT}&page_size=5")
    request = {"origin": {"point": {"latitude": 60.1699, "longitude": 24.9384}}, "pageSize": 5}
    by_grpc = subprocess.run(
        [
            str(Path(sys.executable).with_name("buf")),
            *("curl", "--protocol", "grpc", "--http2-prior-knowledge"),
            *("--data", json.dumps(request)),
            f"http://127.0.0.1:{demo.grpc_port}/enrayon.stores.v1.StoresService/FindNearestStores",
        ],
        capture_output=True,
        text=True,
        check=True,
    )

    assert 5 == len(by_place["stores"]) == len(by_json["stores"])
    assert by_json == by_command
    assert by_json == json.loads(by_grpc.stdout)


def test_the_sample_is_there_and_lists_in_pages(demo):
    page = demo.get("/v1/stores?page_size=3")

    assert 3 == len(page["stores"])
    assert page["totalSize"] > 500
    assert page["nextPageToken"]


def test_the_nearest_list_says_in_words_whether_each_shop_is_open(demo):
    at = ("nearest", "Kamppi", "--limit", "20", "--at", "2026-12-06T12:00")
    states = json.loads(demo.command(*at, "--language", "en_GB", "--json").stdout)["openStates"]
    listed = demo.command(*at, "--language", "en_GB").stdout
    assert 20 == len(states)
    assert [] == [each["words"] for each in states if each["words"] not in listed]
    assert "Closed for Independence Day, opens tomorrow at 10:00" in listed
    assert "Suljettu (Itsenäisyyspäivä)" in demo.command(*at, "--language", "fi").stdout


def test_only_open_shops_are_listed_if_asked_for_by_command_and_by_json(demo):
    at = "2026-11-27T21:30+02:00"
    by_command = json.loads(
        demo.command("nearest", "60.1699", "24.9384", "--open-at", at, "--json").stdout
    )
    by_json = demo.get(f"{FIND}?{POINT}&store_filter.open_at=2026-11-27T19:30:00Z")
    everything = demo.get(f"{FIND}?{POINT}")
    assert {"STATE_OPEN"} == {each["state"] for each in by_command.pop("openStates")}
    assert 10 == len(by_json["stores"])
    assert names(by_json) == names(by_command) != names(everything)
    now = json.loads(demo.command("nearest", "Kamppi", "--open-now", "--json").stdout)
    assert {"STATE_OPEN"} == {each["state"] for each in now["openStates"]}


def test_the_week_of_a_shop_is_drawn_with_its_holidays(demo):
    shop = ("hours", "New Bamboo Center", "--at", "2026-12-04T12:10", "--language", "en_GB")
    drawn = demo.command(*shop, "--week").stdout
    assert "New Bamboo Center  Open until 21:30" in drawn
    friday, _, sunday = (line for line in drawn.splitlines() if line[:3] in ("Fri", "Sat", "Sun"))
    assert 21 == friday.count("█"), "eleven to half past nine in half hours"
    assert (0, True) == (sunday.count("█"), sunday.rstrip().endswith("Independence Day"))
    assert 2 == demo.command("hours", "no such shop").returncode


def test_status_and_doctor_find_it_healthy(demo):
    status = demo.command("status", "--json")
    doctor = demo.command("doctor", "--json")

    assert 0 == status.returncode
    assert {"SERVING"} == set(json.loads(status.stdout)["services"].values())
    assert 0 == doctor.returncode, doctor.stdout
    assert {"good"} == {finding["state"] for finding in json.loads(doctor.stdout)}


def test_a_failure_is_one_line_with_advice(demo, tmp_path):
    unknown = demo.command("nearest", "Atlantis-sur-Mer")
    lonely = subprocess.run(
        [sys.executable, "-m", "services.cli", "nearest", "Kamppi"],
        env={**demo.environment, "ENRAYON_GRPC_PORT": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    missing = demo.command("import", str(tmp_path / "none.csv"))

    assert (1, 3, 2) == (unknown.returncode, lonely.returncode, missing.returncode)
    assert "no known place has this name" in unknown.stderr
    assert "enrayon up" in lonely.stderr
    assert "none.csv" in missing.stderr
    assert "Traceback" not in unknown.stderr + lonely.stderr + missing.stderr


def test_a_second_suite_on_the_same_folder_or_port_is_refused(demo):
    ports = demo.command("up")
    folder = subprocess.run(
        [sys.executable, "-m", "services.cli", "up"],
        env={**demo.environment, "ENRAYON_GRPC_PORT": "0", "ENRAYON_HTTP_PORT": "0"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (1, 1) == (ports.returncode, folder.returncode)
    assert "ENRAYON_GRPC_PORT" in ports.stderr
    assert "ENRAYON_DATA_DIR" in folder.stderr


def test_importing_a_csv_reports_every_row(demo, tmp_path):
    file = tmp_path / "my shops.csv"
    file.write_text(CSV)
    first = demo.command("import", str(file), "--format", "csv", "--json", "--accept-rejects")
    second = demo.command("import", str(file), "--format", "csv", "--json", "--accept-rejects")

    report = json.loads(first.stdout)
    assert 0 == first.returncode
    assert (3, 2, 1) == (report["rows"], report["created"], report["rejected"])
    [rejected] = report["rejected_rows"]
    assert "id" == rejected["field"]
    assert "Another of that id" in Path(report["rejected_file"]).read_text()
    assert (0, 2) == (json.loads(second.stdout)["created"], json.loads(second.stdout)["unchanged"])
    assert "stores/my_shops-2" in names(demo.get(f"{FIND}?{POINT}&page_size=50"))


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_kill_9_of_anything_loses_nothing_and_leaves_no_orphan(tmp_path):
    suite = Suite(tmp_path / "data")
    file = tmp_path / "shops.csv"
    file.write_text(CSV)
    suite.start()
    try:
        assert 0 == suite.command("import", str(file), "--accept-rejects").returncode
        expected = names(suite.get(f"{FIND}?{POINT}"))
        assert ["stores/shops-2", "stores/shops-1"] == expected

        for victim in ("services.cli serve", "valkey-server", "envoy.json"):
            os.kill(suite.pid(victim), signal.SIGKILL)
            wait_until(lambda: answers(suite) == expected, lambda: str(suite.processes()))

        assert suite.process
        suite.process.kill()
        suite.process.wait()
        wait_until(lambda: not suite.processes(), lambda: str(suite.processes()))

        suite.start()
        assert expected == names(suite.get(f"{FIND}?{POINT}"))
        assert 0 == suite.command("import", str(file), "--accept-rejects").returncode
    finally:
        status = suite.stop()
    assert 0 == status
    assert {} == suite.processes()


def answers(suite: Suite) -> list[str]:
    try:
        return names(suite.get(f"{FIND}?{POINT}"))
    except OSError:
        return []


def test_the_command_is_installed():
    program = Path(sys.executable).with_name("enrayon")
    assert program.exists() or shutil.which("enrayon")


def test_the_nearest_come_from_memory_with_as_of_while_the_database_hangs(demo):
    valkey = demo.pid("valkey-server")
    fresh = demo.get(f"{FIND}?{POINT}&page_size=3")
    os.kill(valkey, signal.SIGSTOP)
    try:
        wait_until(lambda: "asOf" in demo.get(f"{FIND}?{POINT}&page_size=3"))
        stale = demo.get(f"{FIND}?{POINT}&page_size=3")
    finally:
        os.kill(valkey, signal.SIGCONT)
    wait_until(lambda: "asOf" not in demo.get(f"{FIND}?{POINT}&page_size=3"))

    assert "asOf" not in fresh
    assert fresh["stores"] == stale["stores"]
