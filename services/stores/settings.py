"""Settings of the stores service."""

from pydantic import Field

from services.chassis.settings import EnvironmentSettings


class StoresSettings(EnvironmentSettings):
    """What can be set about stores."""

    stores_changes_kept: int = Field(
        200_000, ge=1000, description="changes of stores that are kept for those who follow them"
    )
