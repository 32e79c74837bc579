"""`enrayon rule` and `enrayon device`: campaigns, and registered devices."""

import asyncio
import json
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from services.cli import app
from services.cli.output import CommandError
from tests.support.hosting import serving


async def run(*arguments: str, input: str = "", fails: bool = False) -> str:
    result = await asyncio.to_thread(CliRunner().invoke, app, [*arguments], input=input)
    assert fails is bool(result.exit_code), result.output
    return f"{result.exception}" if fails else result.output


async def test_rules_and_devices_are_made_from_files_listed_and_ended(
    parts: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    async with serving(parts) as address:
        monkeypatch.setenv("ENRAYON_GRPC_PORT", address.rpartition(":")[2])
        file = tmp_path / "rule.yaml"
        for messages in (1, 2):
            cap = {"messages": messages, "period": "604800s"}
            file.write_text(yaml.safe_dump({"brands": ["Aurora"], "cap": cap}))
            made = await run("rule", "set", "spring", str(file))
        listed = await run("rule", "list")
        kept = json.loads(await run("rule", "list", "--json"))
        bad = await run("rule", "set", "x", "-", input='{"brandz": []}', fails=True)
        await run("rule", "delete", "rules/spring")
        left = json.loads(await run("rule", "list", "--json"))

        person = {"reference": "anna", "viewedProducts": [{"product": "products/tea"}]}
        device = await run("device", "register", "phone", "-", input=json.dumps(person))
        shown = json.loads(await run("device", "show", "phone", "--json"))
        await run("device", "erase", "phone")
        gone = await run("device", "show", "phone", fails=True)

    assert "brands[0]: no store has the brand" in made
    assert "2 in 7 days" in listed
    assert ["rules/spring"] == [each["name"] for each in kept["rules"]]
    assert "brandz" in bad
    assert not left.get("rules")
    assert "anna" in device
    assert "products/tea" in device
    assert "anna" == shown["reference"]
    assert gone


def test_a_file_that_is_not_there_is_named() -> None:
    result = CliRunner().invoke(app, ["rule", "set", "x", "/nowhere/rule.json"])
    assert isinstance(result.exception, CommandError)
    assert "/nowhere/rule.json" in str(result.exception)
