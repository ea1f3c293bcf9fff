"""A seller's export of any length, the same for the same seed: one row in two hundred has something wrong with it."""

from __future__ import annotations

import csv
import io
import random

HEADERS = [
    "Order number",
    "Sale date",
    "Item title",
    "Quantity",
    "Sold for",
    "Final value fee",
    "Notes",
    "Buyer",
    "City",
    "Zip",
    "SKU",
    "Tracking",
]
_NOUNS = ("Lens", "Drill", "Keyboard", "Watch", "Jacket", "Router", "Lamp", "Backpack", "Guitar strap, black", 'Monitor 24"')


def sheet(rows: int, seed: int = 7) -> bytes:
    """A CSV file of this many data rows, UTF-8."""
    draw = random.Random(seed)
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(HEADERS)
    for number in range(rows):
        cents = draw.randrange(100, 250_000)
        price = f"${cents / 100:,.2f}" if draw.random() > 0.005 else "free"
        writer.writerow(
            [
                f"{draw.randrange(10, 30)}-{number:07d}-{draw.randrange(10_000, 99_999)}",
                f"{draw.randrange(1, 13):02d}/{draw.randrange(1, 29):02d}/{draw.randrange(2023, 2026)}",
                f"{draw.choice(_NOUNS)} {draw.randrange(10_000)}",
                draw.randrange(1, 4),
                price,
                f"{cents * 0.13 / 100:.2f}",
                draw.choice(["", "", "gift", "no box"]),
                f"Buyer {draw.randrange(50_000)}",
                draw.choice(["Reno", "Bern", "Lyon"]),
                f"{draw.randrange(100_000):05d}",
                f"SKU-{draw.randrange(5_000)}",
                f"1Z{draw.randrange(10**12):012d}",
            ]
        )
    return text.getvalue().encode()
