"""The options that several commands share; it imports little, so that `--help` is quick."""

from typing import Annotated

import typer

LanguageOption = Annotated[
    str | None,
    typer.Option("--language", help="Of words and times: fr, en_US, fi ... [from LANG]"),
]
WalkOption = Annotated[bool, typer.Option("--walk", help="Rank by the time on foot.")]
BikeOption = Annotated[bool, typer.Option("--bike", help="Rank by the time by bicycle.")]
DriveOption = Annotated[bool, typer.Option("--drive", help="Rank by the time by car.")]
WithinOption = Annotated[
    float | None,
    typer.Option("--minutes", min=0.1, max=1440, help="Within so many minutes of travel."),
]
