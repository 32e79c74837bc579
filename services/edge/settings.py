"""Settings of the edge."""

from pydantic import Field

from services.chassis.settings import EnvironmentSettings, Port


class EdgeSettings(EnvironmentSettings):
    """What can be set about Envoy."""

    edge_origins: list[str] = Field(
        [r"https?://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?"],
        description="web origins that may call from a page, as a JSON list of regular expressions",
    )
    edge_workers: int = Field(2, ge=1, le=64, description="worker threads of Envoy")
    edge_admin_port: Port = Field(
        0, description="port of Envoy's /ready and /stats/prometheus; 0: none"
    )
