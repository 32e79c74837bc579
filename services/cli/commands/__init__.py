"""The commands of `enrayon`: one module for each, or for each group."""
