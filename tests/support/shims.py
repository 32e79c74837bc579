"""Shims in C that tests preload into processes of their own."""

import shutil
import subprocess
from pathlib import Path


def compiled(source: Path, folder: Path) -> Path | None:
    """The shared library of a shim, in a folder; None where there is no C compiler."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        return None
    target = folder / f"{source.stem}.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-o", target, source, "-ldl"], check=True)
    return target
