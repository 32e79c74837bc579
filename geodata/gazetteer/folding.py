"""Folds a name to a search key without case, accents or punctuation."""

import unicodedata

MAX_TEXT = 200
"""The largest length of a text; no place has a longer name."""

# Letters that Unicode does not decompose into a base letter and a mark.
_LETTERS = {
    "ø": "o",
    "æ": "ae",
    "œ": "oe",
    "đ": "d",
    "ð": "d",
    "ł": "l",
    "ı": "i",
    "þ": "th",
    "ħ": "h",
    "ə": "e",
    "–": " ",
    "—": " ",
}
_PUNCTUATION = bytes.maketrans(b"-/_", b"   ")
_DROPPED = b"'`\"().,;:?![]&|"


def fold(text: str) -> bytes:
    """The ASCII key of a name: `Saint-Étienne` and `saint etienne` have the same key.

    Line feeds are kept, so that one call folds a whole table of names. Letters outside the
    Latin script are dropped.
    """
    text = text.casefold()
    for letter, plain in _LETTERS.items():
        text = text.replace(letter, plain)
    # NFKD turns compatibility letters (such as mathematical ones) into capitals: lower() again.
    key = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").lower()
    key = key.translate(_PUNCTUATION, _DROPPED)
    while b"  " in key:
        key = key.replace(b"  ", b" ")
    return key.replace(b" \n", b"\n").replace(b"\n ", b"\n").strip(b" ")


def checked(text: str, field: str) -> str:
    """The text without leading and trailing spaces.

    Raises:
        ValueError: the text is blank, has over 200 characters, or has a control character; the
            message names the field.
    """
    if len(text) > MAX_TEXT:
        raise ValueError(f"{field} must have at most {MAX_TEXT} characters, got {len(text)}")
    text = text.strip()
    if not text:
        raise ValueError(f"{field} must not be blank")
    if any(unicodedata.category(character) == "Cc" for character in text):
        raise ValueError(f"{field} must not contain control characters")
    return text
