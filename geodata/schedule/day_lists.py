"""Reads lists of days with equals signs, as Uberall exports them.

`Mo=08:00-12:00&14:00-18:00;Tu=08:00-12:00;We`: a day without hours is closed. The format is that of
uberall.helpjuice.com/locations/378167.
"""

import re

_DAY = r"(Mo|Tu|We|Th|Fr|Sa|Su)(?:=(\d\d?:\d\d-\d\d?:\d\d(?:&\d\d?:\d\d-\d\d?:\d\d)*))?"
_LIST = re.compile(rf"{_DAY}(?:;{_DAY})*;?")


def with_equals_signs(text: str) -> str:
    """The list as OSM writes it; empty for any other text."""
    if "=" not in text or not _LIST.fullmatch(text):
        return ""
    days = re.findall(_DAY, text)
    if len({day for day, _ in days}) < len(days):
        return ""
    return "; ".join(f"{day} {hours.replace('&', ',') or 'off'}" for day, hours in days)
