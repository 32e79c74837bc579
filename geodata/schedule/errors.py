"""The one error of schedules: it names the field, the position and what to write instead."""


class ScheduleError(ValueError):
    """Input that no schedule can be made of."""

    def __init__(
        self, field: str, message: str, *, position: int | None = None, suggestion: str = ""
    ) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.message = message
        self.position = position
        """Index of the first character in error, where the field is text."""
        self.suggestion = suggestion
        """The text to write instead, where that is known."""


class NoSuchDateError(ScheduleError):
    """A text names a day that its month does not have."""

    def __init__(self, message: str, position: int, suggestion: str, day: str, last_day: int):
        super().__init__("expression", message, position=position, suggestion=suggestion)
        self.day = day
        """As given."""
        self.last_day = last_day
        """Of the month."""
