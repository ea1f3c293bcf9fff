"""x."""

from pathlib import Path


def demo(file: Path | None) -> int:
    return 0
