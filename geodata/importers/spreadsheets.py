"""Recognises values that a spreadsheet has damaged: errors of formulas, shortened numbers."""

import re

_ERROR = re.compile(r"#(?:N/A|NV|N/D|NULL!?|[A-ZÀ-Ü0-9/]{2,12}[!?])|#{3,}")
"""`#N/A`, `#REF!`, `#NAME?` and their names in other languages; `####` is a narrow column."""
_SHORTENED = re.compile(r"[+-]?\d(?:[.,]\d+)?E[+-]?\d{2,3}", re.IGNORECASE)
WHOLE = re.compile(r"(-?\d+)[.,]0+")
"""A whole number as a spreadsheet or a data frame writes it: `12.0`."""


def damage(text: str) -> str:
    """What is wrong with a value that a spreadsheet has damaged; empty for any other value."""
    if text.startswith("#") and _ERROR.fullmatch(text):
        return "the error of a spreadsheet's formula"
    if "+" in text and _SHORTENED.fullmatch(text):
        return "a number that a spreadsheet has shortened; write the column as text"
    return ""
