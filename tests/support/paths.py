"""Where the checkout is, and the real data beside it that is not part of the project."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
SHARED_DATA = ROOT.parent / "shared" / "data"
