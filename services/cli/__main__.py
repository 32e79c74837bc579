"""Runs the `enrayon` command as `python -m services.cli`."""

from services.cli import main

main()
