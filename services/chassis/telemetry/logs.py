"""Structured logs, without the texts of errors, which may quote a request."""

import logging
import sys
import traceback

import structlog

from services.chassis.settings import ChassisSettings
from services.chassis.telemetry.correlation import add_request_id


def configure_logs(settings: ChassisSettings) -> None:
    """Log to standard error, as JSON lines or for people, at the level of the settings."""
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    to_console = settings.log_format == "console" or (
        settings.log_format == "auto" and sys.stderr.isatty()
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            add_request_id,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *(
                # The default would print local variables, requests among them.
                [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
                if to_console
                else [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
            ),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(level=max(level, logging.WARNING), stream=sys.stderr)


def stack_of(error: BaseException) -> str:
    """The stacks of an error and its causes, without their texts, which may quote a request."""
    errors = [error]
    for each in errors:
        inner = each.exceptions if isinstance(each, BaseExceptionGroup) else ()
        cause = each.__cause__ or (None if each.__suppress_context__ else each.__context__)
        errors += [one for one in (cause, *inner) if one and one not in errors]
    return "".join(
        "".join(traceback.format_tb(each.__traceback__)) + f"{type(each).__qualname__}\n"
        for each in reversed(errors)
    )
