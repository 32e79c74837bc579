"""Recognises values that a spreadsheet has damaged: errors of formulas, shortened numbers."""

import re

_ERROR = re.compile(r"#(?:N/A|NV|N/D|NULL!?|¡?[A-ZÀ-Ü0-9/]{2,12}[!?])|#{3,}|Err:\d{3}")
"""`#N/A`, `#REF!`, `#NAME?` and their names in other languages; `####` is a narrow column, and
`Err:502` what LibreOffice writes."""
_SHORTENED = re.compile(r"[+-]?\d(?:(?:[.,]\d+)?E[+]\d{2,3}|[.,]\d+E\d{1,3})", re.IGNORECASE)
"""`8.43E+12`, `8E+12`, and `8.43E12` as some programs write it; `8E12` may be an id."""
WHOLE = re.compile(r"(-?\d+)[.,]0+")
"""A whole number as a spreadsheet or a data frame writes it: `12.0`."""


def damage(text: str) -> str:
    """What is wrong with a value that a spreadsheet has damaged; empty for any other value."""
    if text.startswith(("#", "Err:")) and _ERROR.fullmatch(text):
        return "the error of a spreadsheet's formula"
    if ("E" in text or "e" in text) and _SHORTENED.fullmatch(text):
        return "a number that a spreadsheet has shortened; write the column as text"
    return ""
