"""Development scripts that compare this code with programs of others, which are run, not shipped."""
