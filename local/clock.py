"""EventBridge's schedule expressions: when they are due next.

https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta

_UNITS = {"minute": 60, "hour": 3600, "day": 86400}
_FIELDS = (("minute", 0, 59), ("hour", 0, 23), ("day", 1, 31), ("month", 1, 12), ("weekday", 1, 7), ("year", 1970, 2199))
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_NAMES = {name: number for names in (_MONTHS, _WEEKDAYS) for number, name in enumerate(names, 1)}
_FARTHEST = timedelta(days=5 * 366)


def next_due(expression: str, after: datetime) -> datetime | None:
    """The next time after `after`; None when there is none within five years. ValueError for what is no such expression.

    A rate counts from `after`. Cron fields are minute, hour, day, month, weekday (SUN = 1), year; L, W and # are not known.
    """
    kind, _, inner = expression.strip().removesuffix(")").partition("(")
    if kind == "rate":
        number, _, unit = inner.partition(" ")
        return after + timedelta(seconds=int(number) * _UNITS[unit.strip().removesuffix("s")])
    parts = inner.split()
    if kind != "cron" or len(parts) != len(_FIELDS):
        raise ValueError(f"“{expression}” is no schedule expression that the local runner knows.")
    allowed = {name: _values(part, least, most) for part, (name, least, most) in zip(parts, _FIELDS, strict=True)}
    day, last = after.replace(hour=0, minute=0, second=0, microsecond=0), after + _FARTHEST
    while day <= last:
        if _is_day(day, allowed):
            for hour in sorted(allowed["hour"]):
                for minute in sorted(allowed["minute"]):
                    due = day.replace(hour=hour, minute=minute)
                    if due > after:
                        return due
        day += timedelta(days=1)
    return None


def _is_day(day: datetime, allowed: dict[str, set[int]]) -> bool:
    parts = {"day": day.day, "month": day.month, "weekday": day.isoweekday() % 7 + 1, "year": day.year}
    return all(parts[name] in allowed[name] for name in parts)


def _values(part: str, least: int, most: int) -> set[int]:
    found: set[int] = set()
    for piece in part.upper().split(","):
        span, _, step = piece.partition("/")
        first, _, last = span.partition("-")
        if first in {"*", "?"}:
            low, high = least, most
        else:
            low = _number(first)
            high = _number(last) if last else most if step else low
        found.update(range(low, high + 1, int(step or 1)))
    return found


def _number(text: str) -> int:
    if not re.fullmatch(r"\d+|[A-Z]{3}", text):
        raise ValueError(f"“{text}” in a cron expression is nothing that the local runner knows.")
    return int(text) if text.isdigit() else _NAMES[text]
