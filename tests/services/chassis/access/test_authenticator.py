"""Who a caller is, and which address counts as its own."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.chassis.access.authenticator import Authenticator
from services.chassis.access.credentials import EDGE_HEADER, Credentials
from services.chassis.access.policy import Role
from services.chassis.access.settings import AccessSettings
from services.chassis.caller import ANONYMOUS, Caller

ENVOY = "ipv4:127.0.0.1:51000"


class NoKeys:
    async def find(self, token: str) -> None:
        return None


def authenticator(**changes) -> Authenticator:
    return Authenticator(AccessSettings(access="enforced", **changes), NoKeys(), None)


def from_(peer: str, *forwarded: str, name: str = "") -> Credentials:
    return Credentials([("x-forwarded-for", text) for text in forwarded], peer, name)


@pytest.mark.parametrize(
    ("counted", "shown"),
    [
        pytest.param("198.51.100.9", from_("ipv4:198.51.100.9:4711"), id="direct"),
        pytest.param("203.0.113.7", from_(ENVOY, "203.0.113.7"), id="through Envoy"),
        pytest.param("203.0.113.7", from_(ENVOY, "10.9.9.9, 203.0.113.7"), id="what it lied of"),
        pytest.param("203.0.113.7", from_(ENVOY, "10.9.9.9", "203.0.113.7"), id="in two headers"),
        pytest.param("127.0.0.1", from_(ENVOY, "203.0.113.7, 127.0.0.1"), id="one alone counts"),
        pytest.param("127.0.0.1", from_(ENVOY), id="nothing told"),
        pytest.param("127.0.0.1", from_(ENVOY, "not an address"), id="nonsense told"),
        pytest.param("127.0.0.1", from_(ENVOY, "9.9.9.9, nonsense"), id="nonsense last"),
        pytest.param(
            "198.51.100.9", from_("ipv4:198.51.100.9:1", "203.0.113.7"), id="told by a stranger"
        ),
        pytest.param("2001:db8:1:2::/64", from_("ipv6:[2001:db8:1:2:3::4]:99"), id="IPv6"),
        pytest.param("2001:db8:1:2::/64", from_(ENVOY, "2001:db8:1:2:9::"), id="its neighbour"),
        pytest.param("203.0.113.7", from_(ENVOY, "::ffff:203.0.113.7"), id="IPv4 in IPv6"),
        pytest.param("127.0.0.1", from_("unix:/run/enrayon.sock"), id="a socket"),
    ],
)
async def test_the_address_of_a_client_is_what_only_our_own_proxies_tell(counted, shown):
    identity = await authenticator().identify(shown)
    stranger = Caller(ANONYMOUS.id, address=counted)
    assert (stranger, Role.PUBLIC, counted) == (identity.caller, identity.role, identity.counted)


async def test_only_the_networks_that_are_set_are_proxies():
    own = authenticator(trusted_proxies=["10.1.0.0/16"])
    pod, loopback = from_("ipv4:10.1.2.3:9", "203.0.113.7"), from_(ENVOY, "203.0.113.7")

    assert "203.0.113.7" == (await own.identify(pod)).counted
    assert "127.0.0.1" == (await own.identify(loopback)).counted


async def test_of_more_proxies_the_exact_number_counts():
    own = authenticator(forwarded_hops=2)
    through_two = from_(ENVOY, "9.9.9.9, 203.0.113.7, 10.0.0.1")
    assert "203.0.113.7" == (await own.identify(through_two)).counted
    assert "127.0.0.1" == (await own.identify(from_(ENVOY, "203.0.113.7"))).counted


async def test_with_a_secret_only_who_has_it_tells_addresses():
    own = authenticator(edge_secret="between us", trusted_proxies=["10.0.0.0/8"])

    async def counted(peer: str, *proof: tuple[str, str]) -> str:
        shown = Credentials([("x-forwarded-for", "203.0.113.7"), *proof], peer)
        return (await own.identify(shown)).counted

    assert "203.0.113.7" == await counted("ipv4:10.1.2.3:9", (EDGE_HEADER, "between us"))
    for proof in ([], [(EDGE_HEADER, "")], [(EDGE_HEADER, "between")], [(EDGE_HEADER, "é")]):
        assert "10.1.2.4" == await counted("ipv4:10.1.2.4:9", *proof)


@given(st.lists(st.one_of(st.ip_addresses().map(str), st.text(max_size=9)), max_size=5))
async def test_what_a_client_forges_moves_nothing(forged):
    """The edge adds the address last, whatever stands before."""
    told = ", ".join([*forged, "203.0.113.7"])
    assert "203.0.113.7" == (await authenticator().identify(from_(ENVOY, told))).counted


async def test_a_certificate_says_who_calls_and_a_proxy_is_nobody():
    own = authenticator(tls_admins=["back office"], tls_proxies=["edge"])
    till = await own.identify(from_("ipv4:10.1.2.3:9", name="till-4"))
    office = await own.identify(from_("ipv4:10.1.2.3:9", name="back office"))
    edge = await own.identify(from_("ipv4:10.1.2.3:9", "203.0.113.7", name="edge"))

    assert (Caller("tls/till-4"), Role.CHANNEL) == (till.caller, till.role)
    assert (Caller("tls/back office", admin=True), Role.ADMIN) == (office.caller, office.role)
    assert Caller(ANONYMOUS.id, address="203.0.113.7") == edge.caller
    assert (Role.PUBLIC, "203.0.113.7") == (edge.role, edge.counted)
