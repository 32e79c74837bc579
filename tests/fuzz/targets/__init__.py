"""The targets, by what they read. Each module registers its own as it is imported."""
