"""Settings of access control: keys, tokens, certificates, proxies and limits."""

import ipaddress
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, IPvAnyNetwork, model_validator

from services.chassis.settings import ChassisSettings, EnvironmentSettings

Mode = Literal["open", "enforced"]
Algorithm = Literal[
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519"
]
"""Algorithms with private keys: a server that checks tokens cannot make one."""


class AccessSettings(EnvironmentSettings):
    """Settings of credentials and limits of callers."""

    access: Mode = Field(
        "open",
        description="open: every caller may do everything, on this machine alone; "
        "enforced: by role, as keys, tokens and certificates say",
    )
    access_refresh_s: float = Field(
        5.0,
        gt=0,
        le=60,
        description="seconds between refreshes of the API keys in a process: a revoked key may be "
        "valid for that long",
    )
    access_stream_s: float = Field(
        900.0,
        gt=0,
        le=86_400,
        description="seconds that a stream lasts until it must be resumed: one whose key was "
        "revoked may last for that long",
    )
    session_staff_h: float = Field(
        720.0, gt=0, le=8784, description="hours after which the session of a shop's tablet ends"
    )
    session_admin_h: float = Field(
        12.0, gt=0, le=8784, description="hours after which the session of an admin ends"
    )
    trusted_proxies: list[IPvAnyNetwork] = Field(
        default_factory=lambda: [ipaddress.ip_network(n) for n in ("127.0.0.0/8", "::1/128")],
        description="networks of proxies whose x-forwarded-for is believed, as a JSON list, "
        "without ENRAYON_EDGE_SECRET",
    )
    edge_secret: str = Field(
        "",
        repr=False,
        description="secret that Envoy sends to the services: then they believe x-forwarded-for "
        "from Envoy alone, whatever its address",
    )
    forwarded_hops: int = Field(
        1,
        ge=1,
        le=10,
        description="addresses in x-forwarded-for, counted from the last, up to the client's; "
        "Envoy sends one alone",
    )
    grpc_direct: bool = Field(
        False,
        description="whether others than the edge may reach the gRPC port beyond this machine; "
        "gRPC bounds neither connections nor resets of one address",
    )
    limit_public_ms_per_s: float = Field(
        50.0,
        gt=0,
        description="processor time of calls, in milliseconds a second, without a key, by client "
        "address: 50 is a twentieth of a core",
    )
    limit_page_ms_per_s: float = Field(
        50.0, gt=0, description="the same with a publishable key, by client address"
    )
    limit_staff_ms_per_s: float = Field(100.0, gt=0, description="the same of one of shop staff")
    limit_channel_ms_per_s: float = Field(1000.0, gt=0, description="the same of one channel")
    limit_admin_ms_per_s: float = Field(10_000.0, gt=0, description="the same of one admin")
    limit_burst_s: float = Field(
        60.0, gt=0, le=3600, description="seconds' worth of calls that may come at once"
    )
    limit_page_holds_per_hour: float = Field(
        30.0, gt=0, description="holds made with a publishable key, by client address"
    )
    limit_sign_ins_per_minute: float = Field(
        5.0, gt=0, description="tries to sign in by a link, by client address"
    )
    limit_address_streams: int = Field(
        10, ge=1, description="open streams of a client address without a key of a channel"
    )
    limit_caller_streams: int = Field(
        1000, ge=1, description="open streams of a channel or admin, in one process"
    )
    jwt_keys: Path | None = Field(
        None, description="file of public keys (JWKS) that sign tokens; empty: no tokens"
    )
    jwt_issuer: str = Field("", description="`iss` that a token must have")
    jwt_audience: str = Field("", description="`aud` that a token must have")
    jwt_algorithms: list[Algorithm] = Field(
        ["RS256", "ES256"], min_length=1, description="signatures taken, as a JSON list"
    )
    jwt_role_claim: str = Field(
        "role", min_length=1, description="claim that says `staff`, `channel` or `admin`"
    )
    jwt_stores_claim: str = Field(
        "stores",
        min_length=1,
        description="claim with the ids of the stores of `staff`, a list; without it, or empty, a "
        "token of staff may do only what everybody may",
    )
    tls_certificate: Path | None = Field(
        None, description="the server's certificate chain (PEM); empty: no TLS"
    )
    tls_key: Path | None = Field(None, description="its private key (PEM)")
    tls_client_ca: Path | None = Field(
        None,
        description="authority that signs clients' certificates (PEM): each client needs one",
    )
    tls_admins: list[str] = Field(
        [], description="common names of clients that are admins, as a JSON list"
    )
    tls_proxies: list[str] = Field(
        [],
        description="common names of proxies: they are no callers themselves, and their "
        "x-forwarded-for is believed",
    )

    @model_validator(mode="after")
    def _belong_together(self) -> Self:
        if self.is_open and (self.jwt_keys or self.tls_certificate):
            raise ValueError("tokens and certificates need ENRAYON_ACCESS=enforced")
        if self.jwt_keys and not (self.jwt_issuer and self.jwt_audience):
            raise ValueError("ENRAYON_JWT_KEYS needs ENRAYON_JWT_ISSUER and ENRAYON_JWT_AUDIENCE")
        if bool(self.tls_certificate) != bool(self.tls_key):
            raise ValueError("ENRAYON_TLS_CERTIFICATE and ENRAYON_TLS_KEY need each other")
        if self.tls_client_ca and not self.tls_certificate:
            raise ValueError("ENRAYON_TLS_CLIENT_CA needs ENRAYON_TLS_CERTIFICATE")
        return self

    @property
    def is_open(self) -> bool:
        """True if every caller may do everything."""
        return self.access == "open"

    @property
    def knows_edge(self) -> bool:
        """True if a setting says how to recognize an edge on another machine."""
        beyond = any(not network.is_loopback for network in self.trusted_proxies)
        return bool(self.edge_secret or self.tls_proxies or beyond)


class AccessError(ValueError):
    """Settings of access that are not safe or not usable; the text says what to change."""


def check_exposure(settings: ChassisSettings, access: AccessSettings) -> None:
    """Check that open access is not offered beyond this machine.

    Raises:
        AccessError: access is open, and the servers would listen on more than loopback.
    """
    if access.is_open and not _is_loopback(settings):
        raise AccessError(
            f"with ENRAYON_HOST={settings.host} other machines reach this one, and access is open "
            "to all: set ENRAYON_ACCESS=enforced (and make keys with `enrayon keys create`), or "
            "leave ENRAYON_HOST at 127.0.0.1"
        )


def check_grpc_exposure(settings: ChassisSettings, access: AccessSettings) -> None:
    """Refuse to serve gRPC beyond this machine without the edge in front.

    gRPC's core works off every stream of a client that opens and resets them, and has no limit of
    the connections or calls of one address; the edge has.

    Raises:
        AccessError: access is open, or the services know no edge, and they would listen on more
            than loopback.
    """
    check_exposure(settings, access)
    if not (_is_loopback(settings) or access.grpc_direct or access.knows_edge):
        raise AccessError(
            f"with ENRAYON_HOST={settings.host} others reach the gRPC port without the edge, which "
            "alone limits what one address may open and reset (gRPC works off every call that was "
            "begun): let only the edge reach the port and set "
            "ENRAYON_EDGE_SECRET (or ENRAYON_TRUSTED_PROXIES, ENRAYON_TLS_PROXIES), or set "
            "ENRAYON_GRPC_DIRECT=true"
        )


def _is_loopback(settings: ChassisSettings) -> bool:
    return ipaddress.ip_address(settings.host).is_loopback
