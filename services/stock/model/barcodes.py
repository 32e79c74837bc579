"""Check digits of GTINs, the numbers under barcodes."""


def has_right_check_digit(gtin: str) -> bool:
    """Whether the last digit is the check digit of the others (GS1 General Specifications, 7.9)."""
    return check_digit(gtin[:-1]) == gtin[-1]


def check_digit(digits: str) -> str:
    """The check digit of some digits, weighted 3 and 1 in turn from the right."""
    total = sum(
        int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits))
    )
    return str(-total % 10)
