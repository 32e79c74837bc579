"""`python -m services.cli` is the `enrayon` command."""

from services.cli import main

main()
