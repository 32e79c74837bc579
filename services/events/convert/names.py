"""Makes and reads resource names of the events contract."""


def subscription_name(id: str) -> str:
    """`subscriptions/shop` of `shop`."""
    return f"subscriptions/{id}"


def subscription_id(name: str) -> str:
    """`shop` of `subscriptions/shop`."""
    return name.removeprefix("subscriptions/")
