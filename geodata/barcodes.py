"""GS1 numbers under barcodes: the form and the check digit of GTINs and GLNs.

Source: GS1 General Specifications, sections 3 (lengths) and 7.9 (check digits).
"""

GTIN_LENGTHS = (8, 12, 13, 14)
GLN_LENGTH = 13


def is_gtin(text: str) -> bool:
    """True if a text has the form of a GTIN; its check digit may be wrong."""
    return len(text) in GTIN_LENGTHS and _is_number(text)


def is_gln(text: str) -> bool:
    """True if a text is a global location number, with the right check digit."""
    return len(text) == GLN_LENGTH and _is_number(text) and has_right_check_digit(text)


def gtin_14(gtin: str) -> str:
    """A GTIN of any length with leading zeros, as one of 14 digits; empty stays empty."""
    return gtin.zfill(max(GTIN_LENGTHS)) if gtin else ""


def has_right_check_digit(number: str) -> bool:
    """True if the last digit is the check digit of the others."""
    return check_digit(number[:-1]) == number[-1]


def check_digit(digits: str) -> str:
    """The check digit of some digits, weighted 3 and 1 in turn from the right."""
    total = sum(
        int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits))
    )
    return str(-total % 10)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal()
