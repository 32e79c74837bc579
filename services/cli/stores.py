"""Names of stores as they are given to a command: an id or a resource name."""

COLLECTION = "stores/"


def store_name(text: str) -> str:
    """The resource name of a store, from its id or its resource name."""
    return text if text.startswith(COLLECTION) else COLLECTION + text


def store_id(name: str) -> str:
    """The id in a store's resource name."""
    return name.removeprefix(COLLECTION)
