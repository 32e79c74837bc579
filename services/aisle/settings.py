"""Settings of the aisle service: links of QR codes, and limits of feedback."""

from pydantic import Field

from services.chassis.settings import EnvironmentSettings


class AisleSettings(EnvironmentSettings):
    """The link in the QR codes of anchors, and the limit of reports of one caller."""

    anchor_url: str = Field(
        "http://localhost:8080",
        pattern=r"^https?://[^\s?#]+[^\s?#/]$",
        description="the address in the QR codes of anchors, without a slash at its end",
    )
    feedback_per_day: int = Field(
        5, ge=0, description="reports a day that one caller may make on a product at a store"
    )
