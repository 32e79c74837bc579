"""What can be wrong with a road network."""


class BadNetwork(ValueError):
    """A file that is no network, is damaged, or cannot be used here; the text says what to do."""
