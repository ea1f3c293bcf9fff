"""Record ids, made where the rows are made."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count


def uuid7s(unix_ms: int, random: bytes) -> Iterator[str]:
    """An endless run of ascending UUIDv7 texts from one instant and 10 random bytes.

    RFC 9562, section 6.2, method 2: the random tail is a counter with a random start. It has 48 bits, of which the top
    one starts at 0, so that 2^47 ids follow each other without carrying into the fixed part.
    """
    seed = int.from_bytes(random[:10], "big")
    start = seed & ((1 << 47) - 1)
    rand_a = (seed >> 47) & 0xFFF
    variant = 0x8000 | ((seed >> 59) & 0x3FFF)
    stamp = f"{unix_ms:012x}"
    head = f"{stamp[:8]}-{stamp[8:]}-7{rand_a:03x}-{variant:04x}-"
    return (f"{head}{tail:012x}" for tail in count(start))
