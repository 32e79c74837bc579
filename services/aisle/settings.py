"""Settings of the aisle service: links of QR codes, and limits of feedback."""

from pydantic import AliasChoices, Field

from services.chassis.settings import EnvironmentSettings


class AisleSettings(EnvironmentSettings):
    """The link in the QR codes of anchors, the limit of reports, and the drawing of plans."""

    anchor_url: str = Field(
        "",
        pattern=r"^(https?://[^\s?#]+)?$",
        validation_alias=AliasChoices("ENRAYON_ANCHOR_URL", "ENRAYON_EDGE_PUBLIC_URL"),
        description="the address in the QR codes of anchors; empty: ENRAYON_EDGE_PUBLIC_URL, else "
        "this machine with the port in force",
    )
    feedback_per_day: int = Field(
        5, ge=0, description="reports a day that one caller may make on a product at a store"
    )
    drawers: int = Field(
        1,
        ge=1,
        le=64,
        description="processes of each server that draw floor plans, and as many that plan routes",
    )
    drawings_waiting: int = Field(
        16,
        ge=0,
        description="drawings, and routes, that wait for a process; more are refused for now",
    )
    drawing_s: float = Field(
        10.0, gt=0, description="seconds that one may take; its process is then replaced"
    )
