"""A platform that speaks another version is refused, as the protocol says."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from mcp import Client as Agent
from mcp.shared.exceptions import MCPError
from ucp_sdk.models.schemas.common.types.error_response import ErrorResponse

from services.edge.settings import EdgeSettings
from services.edge.ucp.platforms import MAX_PROFILE_BYTES, Incompatible, Platforms, Refused
from services.edge.ucp.platforms import Agent as Platform
from services.edge.ucp.profile import LOOKUP, SEARCH, profile

PROFILE = "https://agent.example/profiles/shopping.json"
OURS, OLDER, LATER = "2026-08-25", "2026-04-08", "2027-01-01"


@pytest.mark.parametrize(
    "header",
    [
        f'profile="{PROFILE}"',
        f'profile="{PROFILE}", version="{OURS}"',
        f'profile="{PROFILE}";version="{OURS}"',
        f'version={OURS},  profile="{PROFILE}";v=1',
    ],
)
async def test_a_platform_of_our_version_is_answered(ucp, header):
    response = await ucp.post("/ucp/locations/search", json={}, headers={"UCP-Agent": header})

    assert 200 == response.status_code


@pytest.mark.parametrize("operation", ["search", "lookup"])
@pytest.mark.parametrize("version", [OLDER, LATER])
async def test_a_platform_of_another_version_is_refused_whatever_it_asks(ucp, operation, version):
    headers = {"UCP-Agent": f'profile="{PROFILE}", version="{version}"'}
    for body in (b"{}", b"not JSON"):
        url = f"/ucp/locations/{operation}"
        response = await ucp.post(url, content=body, headers=headers)

        assert 422 == response.status_code
        answer = response.json()
        assert "version_unsupported" == answer["code"]
        assert version in answer["content"]
        assert OURS in answer["content"]
        assert "https://shops.example/" == answer["continue_url"]


@pytest.mark.parametrize(
    "header", ["", "Mozilla/5.0", 'profile=""', 'profile="http://a.example"', "profile=?1"]
)
async def test_a_header_without_the_url_of_a_profile_is_refused(ucp, header):
    response = await ucp.post("/ucp/locations/search", json={}, headers={"UCP-Agent": header})

    assert 400 == response.status_code
    assert "invalid_profile_url" == response.json()["code"]


@pytest.mark.parametrize(
    ("meta", "code"),
    [
        ({"ucp-agent": {"profile": PROFILE, "version": OLDER}}, "version_unsupported"),
        ({"ucp-agent": {"profile": "agent"}}, "invalid_profile_url"),
        ({"ucp-agent": PROFILE}, "invalid_profile_url"),
    ],
)
async def test_by_mcp_it_is_an_error_of_the_protocol(ucp, meta, code):
    async with Agent(f"{ucp.base_url}/mcp", read_timeout_seconds=30) as agent:
        with pytest.raises(MCPError) as failure:
            await agent.call_tool("search_locations", {"meta": meta, "location": {}})

    assert -32001 == failure.value.code
    assert code == failure.value.data["code"]


class Web:
    """Servers of profiles, which count their requests."""

    def __init__(self, answer: Callable[[httpx.Request], httpx.Response]) -> None:
        self.asked: list[str] = []
        self.now_s = 0.0
        self._answer = answer

    def platforms(self, *fetched: str) -> Platforms:
        return Platforms(fetched, lambda: httpx.AsyncClient(transport=self.transport), self.clock)

    @property
    def transport(self) -> httpx.MockTransport:
        def answer(request: httpx.Request) -> httpx.Response:
            self.asked.append(str(request.url))
            return self._answer(request)

        return httpx.MockTransport(answer)

    def clock(self) -> float:
        return self.now_s


def of_version(version: Any) -> httpx.Response:
    document = profile("https://agent.example")
    document["ucp"]["version"] = version
    return httpx.Response(200, json=document, headers={"cache-control": "public, max-age=300"})


def of_capabilities(capabilities: Any) -> httpx.Response:
    document = profile("https://agent.example")
    document["ucp"]["capabilities"] = capabilities
    return httpx.Response(200, json=document)


@pytest.mark.parametrize(
    "capabilities",
    [
        {},
        {LOOKUP: [{"version": OURS}]},
        {SEARCH: [{"version": OLDER}, {"version": LATER}]},
        {"dev.ucp.shopping.checkout": [{"version": OURS}]},
    ],
)
async def test_a_capability_that_a_platform_does_not_list_is_not_answered(capabilities):
    platforms = Web(lambda _: of_capabilities(capabilities)).platforms("https://agent.example")
    with pytest.raises(Incompatible) as outcome:
        await platforms.check(Platform(PROFILE), SEARCH)

    answer = outcome.value.body("https://shops.example/")
    assert ErrorResponse.model_validate(answer).messages
    assert "error" == answer["ucp"]["status"]
    assert {} == answer["ucp"]["capabilities"]
    assert ["capabilities_incompatible"] == [each["code"] for each in answer["messages"]]
    for capability, versions in capabilities.items():
        if {"version": OURS} in versions:
            await platforms.check(Platform(PROFILE), capability)


async def test_a_capability_is_answered_if_one_of_its_versions_is_ours():
    listed = {SEARCH: [{"version": OLDER}, {"version": OURS}]}
    platforms = Web(lambda _: of_capabilities(listed)).platforms("https://agent.example")

    await platforms.check(Platform(PROFILE), SEARCH)


async def test_the_profile_of_a_platform_that_the_setting_names_is_fetched_and_kept():
    web = Web(lambda _: of_version(OLDER))
    platforms = web.platforms("https://agent.example")
    for web.now_s in (0, 200, 301):
        with pytest.raises(Refused) as refused:
            await platforms.check(Platform(PROFILE))
        assert ("version_unsupported", 422) == (refused.value.code, refused.value.http_status)

    assert [PROFILE, PROFILE] == web.asked


@pytest.mark.parametrize(
    "url",
    [
        "https://other.example/p",
        "https://agent.example.evil.example/p",
        "https://agent.example@evil.example/p",
    ],
)
async def test_no_stranger_makes_the_server_fetch(url):
    web = Web(lambda _: of_version(OLDER))

    await web.platforms("https://agent.example").check(Platform(url))

    assert [] == web.asked


@pytest.mark.parametrize(
    ("answer", "code", "http_status"),
    [
        (httpx.Response(500), "profile_unreachable", 424),
        (httpx.Response(302, headers={"location": PROFILE}), "profile_unreachable", 424),
        (httpx.Response(200, text="<html>"), "profile_malformed", 422),
        (httpx.Response(200, json=[]), "profile_malformed", 422),
        (httpx.Response(200, json={"ucp": {"version": 5}}), "profile_malformed", 422),
        (of_capabilities({"a.b.c": 5}), "profile_malformed", 422),
        (of_capabilities({"a.b.c": [{"name": "d"}]}), "profile_malformed", 422),
        (of_capabilities(["a.b.c"]), "profile_malformed", 422),
        (httpx.Response(200, text=" " * (MAX_PROFILE_BYTES + 1)), "profile_malformed", 422),
    ],
)
async def test_a_profile_that_cannot_be_read_is_refused_and_asked_for_once_a_minute(
    answer, code, http_status
):
    web = Web(lambda _: answer)
    platforms = web.platforms("https://agent.example")
    for web.now_s in (0, 59):
        with pytest.raises(Refused) as refused:
            await platforms.check(Platform(PROFILE))
        assert (code, http_status) == (refused.value.code, refused.value.http_status)

    assert [PROFILE] == web.asked


async def test_a_server_that_does_not_answer_is_unreachable():
    def broken(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectTimeout("timed out", request=request)

    with pytest.raises(Refused, match="timed out"):
        await Web(broken).platforms("https://agent.example").check(Platform(PROFILE))


def test_the_setting_takes_https_alone():
    with pytest.raises(ValueError, match="https://"):
        EdgeSettings(edge_ucp_platforms=["http://agent.example"])
