"""Development scripts that compare this code with programs of others; they are never shipped."""
