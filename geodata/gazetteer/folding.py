"""One spelling for all ways to write a name: no case, no accents, no punctuation."""

import unicodedata

MAX_TEXT = 200
"""Characters of a text that are looked at; no place has a longer name."""

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
    """The key of a name, in ASCII: `Saint-Étienne` and `saint etienne` have the same one.

    Line feeds are kept, so that a whole table of names folds in one call. Letters of other
    scripts than Latin are dropped.
    """
    text = text.casefold()
    for letter, plain in _LETTERS.items():
        text = text.replace(letter, plain)
    # Compatibility forms of letters, such as mathematical ones, decompose to capitals too.
    key = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").lower()
    key = key.translate(_PUNCTUATION, _DROPPED)
    while b"  " in key:
        key = key.replace(b"  ", b" ")
    return key.replace(b" \n", b"\n").replace(b"\n ", b"\n").strip(b" ")


def checked(text: str, field: str) -> str:
    """The text without outer spaces.

    Raises:
        ValueError: naming the field, when it is blank, over 200 characters, or holds a control
            character.
    """
    if len(text) > MAX_TEXT:
        raise ValueError(f"{field} must have at most {MAX_TEXT} characters, got {len(text)}")
    text = text.strip()
    if not text:
        raise ValueError(f"{field} must not be blank")
    if any(unicodedata.category(character) == "Cc" for character in text):
        raise ValueError(f"{field} must not hold control characters")
    return text
