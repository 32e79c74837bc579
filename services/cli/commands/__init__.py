"""The commands of `enrayon`, a module each."""
