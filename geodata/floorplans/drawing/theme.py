"""The colour themes of a drawing."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Theme:
    """Colours by use, as CSS hexadecimal."""

    paper: str
    floor: str
    wall: str
    room: str
    text: str
    quiet: str
    """Secondary text, links, and the scale bar."""
    shelf: str
    """Fixtures without a department."""
    counter: str
    obstacle: str
    badge: str
    route: str
    pin: str
    on_pin: str
    entrance: str
    till: str
    blocked: str
    departments: tuple[str, ...]
    """Used in turn for the departments."""


LIGHT = Theme(
    paper="#f4f1ea",
    floor="#ffffff",
    wall="#b9b1a3",
    room="#ece7dc",
    text="#26241f",
    quiet="#7d766a",
    shelf="#dcd6ca",
    counter="#cfc8ba",
    obstacle="#c4bdb0",
    badge="#26241f",
    route="#1f5fd0",
    pin="#d3204f",
    on_pin="#ffffff",
    entrance="#17834e",
    till="#5b4bb0",
    blocked="#c2410c",
    departments=(
        "#a8d59a",
        "#f2cf87",
        "#f0a99c",
        "#9fcdec",
        "#c9b3ea",
        "#f0b3d2",
        "#a6dfd2",
        "#e0d877",
        "#d5b48f",
        "#aebcf0",
        "#f5c3a2",
        "#c6cf9c",
        "#b7c4cc",
        "#dcc3dd",
        "#7fd0b0",
        "#f7e3b0",
        "#8fb4c9",
        "#e39a86",
    ),
)

DARK = Theme(
    paper="#16181d",
    floor="#23262d",
    wall="#4b505b",
    room="#2b2f38",
    text="#f2efe8",
    quiet="#9aa0ab",
    shelf="#3a3f4a",
    counter="#4a505d",
    obstacle="#444955",
    badge="#f2efe8",
    route="#6ea8ff",
    pin="#ff5c85",
    on_pin="#16181d",
    entrance="#4cc38a",
    till="#a99cf0",
    blocked="#ff8a4c",
    departments=(
        "#42713f",
        "#80642b",
        "#85483c",
        "#33658a",
        "#5f4a8c",
        "#82456c",
        "#35706a",
        "#6d672a",
        "#6f5138",
        "#48569a",
        "#8a5836",
        "#59642f",
        "#4d5a63",
        "#6b4f70",
        "#2a7a5c",
        "#8c7c45",
        "#2f5870",
        "#94432f",
    ),
)
