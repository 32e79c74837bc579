"""Access is open on this machine alone; settings that belong together are asked for together."""

import pytest
from pydantic import ValidationError

from services.chassis.access.settings import (
    AccessError,
    AccessSettings,
    check_exposure,
    check_grpc_exposure,
)
from services.chassis.settings import ChassisSettings


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_open_access_is_served_to_this_machine(host):
    check_exposure(ChassisSettings(host=host), AccessSettings())


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.4"])
def test_open_access_is_not_served_to_others(host):
    with pytest.raises(AccessError, match="ENRAYON_ACCESS=enforced"):
        check_exposure(ChassisSettings(host=host), AccessSettings())
    check_exposure(ChassisSettings(host=host), AccessSettings(access="enforced"))


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.4"])
def test_grpc_beyond_this_machine_needs_the_edge_or_a_word(host):
    settings = ChassisSettings(host=host)
    with pytest.raises(AccessError, match="ENRAYON_GRPC_DIRECT=true"):
        check_grpc_exposure(settings, AccessSettings(access="enforced"))
    for fields in (
        {"edge_secret": "between us"},
        {"tls_proxies": ["edge"]},
        {"trusted_proxies": ["172.30.57.0/24"]},
        {"grpc_direct": True},
    ):
        check_grpc_exposure(settings, AccessSettings(access="enforced", **fields))
    check_grpc_exposure(ChassisSettings(), AccessSettings(access="enforced"))


@pytest.mark.parametrize(
    ("fields", "missing"),
    [
        ({"jwt_keys": "keys.json"}, "ENRAYON_JWT_ISSUER"),
        ({"jwt_keys": "keys.json", "jwt_issuer": "me"}, "ENRAYON_JWT_AUDIENCE"),
        ({"tls_certificate": "a.pem"}, "ENRAYON_TLS_KEY"),
        ({"tls_key": "a.pem"}, "ENRAYON_TLS_CERTIFICATE"),
        ({"tls_client_ca": "a.pem"}, "ENRAYON_TLS_CERTIFICATE"),
    ],
)
def test_what_is_missing_is_named(fields, missing):
    with pytest.raises(ValidationError, match=missing):
        AccessSettings(access="enforced", **fields)


@pytest.mark.parametrize("algorithm", ["none", "HS256", "HS512", "EdDSA2"])
def test_a_signature_that_whoever_checks_could_make_is_not_offered(algorithm):
    with pytest.raises(ValidationError):
        AccessSettings(access="enforced", jwt_algorithms=[algorithm])


def test_tokens_and_certificates_are_not_ignored_in_silence():
    with pytest.raises(ValidationError, match="ENRAYON_ACCESS=enforced"):
        AccessSettings(tls_certificate="a.pem", tls_key="b.pem")


def test_open_is_for_whoever_says_nothing():
    assert AccessSettings().is_open
