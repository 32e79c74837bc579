"""The loops that `enrayon work` runs."""
