"""Settings of Envoy and of the application behind it: origins, limits of clients, addresses."""

import itertools
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, IPvAnyNetwork, field_validator, model_validator

from services.chassis.settings import EnvironmentSettings, Port
from services.edge.envoy.counter import MOST_NETWORKS

Times = Annotated[int, Field(ge=1, le=1000)]


class EdgeSettings(EnvironmentSettings):
    """Settings of Envoy and of the application behind it."""

    edge_origins: list[str] = Field(
        [r"https?://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?"],
        description="web origins whose pages may call, as a JSON list of regular expressions",
    )
    edge_workers: int = Field(2, ge=1, le=64, description="worker threads of Envoy")
    edge_admin_port: Port = Field(
        0, description="port of Envoy's /ready and /stats/prometheus; 0: none"
    )
    edge_requests_per_s: int = Field(
        200,
        ge=0,
        le=1_000_000,
        description="requests a second of a client address (an IPv6 network of 64 bits), twice as "
        "many at once; 0: no limit",
    )
    edge_requests: int = Field(
        256,
        ge=0,
        le=1_000_000,
        description="requests of a client address in progress, streams included, in each worker "
        "thread of Envoy; 0: no limit",
    )
    edge_connections: int = Field(
        512,
        ge=0,
        le=1_000_000,
        description="connections of a client address, in each worker thread of Envoy; 0: no limit",
    )
    edge_networks: dict[IPvAnyNetwork, Times] = Field(
        {},
        max_length=MOST_NETWORKS,
        description="networks whose addresses may take so many times as much, as a JSON object: "
        '{"203.0.113.7/32": 10} for the many phones behind a shop\'s address',
    )
    edge_hosts: list[str] = Field(
        [],
        description="names that the edge answers under, as a JSON list without ports; empty: any; "
        "while access is open, localhost, 127.0.0.1, [::1] and ENRAYON_HOST",
    )
    edge_calls: int = Field(
        1024,
        ge=1,
        le=1_000_000,
        description="calls to the services in progress at once; more are refused with a time to "
        "retry. Set it to what the services answer in half a second",
    )
    edge_trusted_hops: int = Field(
        0,
        ge=0,
        le=10,
        description="proxies in front of Envoy that each add an address to x-forwarded-for",
    )
    edge_app_port: Port = Field(
        0,
        description="port of the application behind Envoy (web page, UCP, MCP); "
        "0: a free port, for `enrayon up`",
    )
    edge_services: str = Field(
        "", description="host:port of the services; empty: ENRAYON_GRPC_PORT of this machine"
    )
    edge_direct: bool = Field(
        True,
        description="whether `enrayon up` has its servers answer the hottest reads as JSON "
        "themselves; false: Envoy transcodes all, and the answers are equal",
    )
    edge_json_sockets: list[Path] = Field(
        [],
        description="ENRAYON_JSON_SOCKET of each server beside `enrayon envoy`, as a JSON list; "
        "empty: Envoy transcodes all",
    )
    edge_services_ca: Path | None = Field(
        None, description="authority of the services' certificate (PEM); empty: no TLS to them"
    )
    edge_certificate: Path | None = Field(
        None,
        description="client certificate that the edge presents to the services (PEM); name its "
        "common name in their ENRAYON_TLS_PROXIES",
    )
    edge_certificate_key: Path | None = Field(
        None, description="private key of ENRAYON_EDGE_CERTIFICATE (PEM)"
    )
    edge_tls_certificate: Path | None = Field(
        None, description="certificate chain that Envoy shows to clients (PEM); empty: no TLS"
    )
    edge_tls_key: Path | None = Field(
        None, description="private key of ENRAYON_EDGE_TLS_CERTIFICATE (PEM)"
    )
    edge_app_certificate: Path | None = Field(
        None, description="certificate chain that the application shows to Envoy (PEM)"
    )
    edge_app_certificate_key: Path | None = Field(
        None, description="private key of ENRAYON_EDGE_APP_CERTIFICATE (PEM)"
    )
    edge_app_ca: Path | None = Field(
        None, description="authority of the application's certificate (PEM); empty: no TLS to it"
    )
    edge_app: str = Field(
        "",
        description="host:port of the application behind Envoy, for `enrayon envoy`; "
        "empty: ENRAYON_EDGE_APP_PORT of this machine",
    )
    edge_public_url: str = Field(
        "",
        pattern=r"^(https?://[^/?#]+(/[^?#]*)?)?$",
        description="public URL of the edge, as https://shops.example; empty: links are relative",
    )
    edge_ucp_platforms: list[str] = Field(
        [],
        description="platforms of the Universal Commerce Protocol whose profiles are fetched to "
        "learn their version, as a JSON list of URLs that profiles begin with; https alone",
    )
    edge_map_style: str = Field(
        "", description="URL of a MapLibre style; empty: the base map of the sample"
    )
    mcp_key: str = Field(
        "", repr=False, description="API key that `enrayon mcp` sends; empty while access is open"
    )
    edge_catalogue_s: float = Field(
        600.0,
        ge=1,
        le=86_400,
        description="interval between two counts of all stores for the pages of towns and kinds "
        "and for the sitemap; the pages themselves show stores as they are now",
    )
    edge_page_key: str = Field(
        "", description="publishable API key of the web page; empty while access is open"
    )
    edge_embedders: list[str] = Field(
        ["*"], description="pages that may embed the locator, as a JSON list of CSP sources"
    )

    @model_validator(mode="after")
    def _check_networks(self) -> Self:
        for one, other in itertools.combinations(self.edge_networks, 2):
            if one.version == other.version and one.overlaps(other):
                raise ValueError(f"ENRAYON_EDGE_NETWORKS: {one} and {other} overlap")
        return self

    @field_validator("edge_ucp_platforms")
    @classmethod
    def _check_platforms(cls, urls: list[str]) -> list[str]:
        for url in urls:
            if not url.startswith("https://"):
                raise ValueError(f"ENRAYON_EDGE_UCP_PLATFORMS: {url} must begin with https://")
        return urls

    @model_validator(mode="after")
    def _check_certificate(self) -> Self:
        for certificate, key in (
            ("edge_certificate", "edge_certificate_key"),
            ("edge_tls_certificate", "edge_tls_key"),
            ("edge_app_certificate", "edge_app_certificate_key"),
        ):
            if bool(getattr(self, certificate)) != bool(getattr(self, key)):
                raise ValueError(
                    f"ENRAYON_{certificate.upper()} and ENRAYON_{key.upper()} must be set together"
                )
        if self.edge_certificate and not self.edge_services_ca:
            raise ValueError("ENRAYON_EDGE_CERTIFICATE needs ENRAYON_EDGE_SERVICES_CA")
        return self
