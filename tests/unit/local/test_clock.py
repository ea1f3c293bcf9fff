from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.clock import next_due

THURSDAY = datetime(2026, 1, 15, 12, 34, 56, tzinfo=UTC)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("rate(1 minute)", "2026-01-15 12:35:56"),
        ("rate(6 hours)", "2026-01-15 18:34:56"),
        ("rate(2 days)", "2026-01-17 12:34:56"),
        ("cron(0 10 * * ? *)", "2026-01-16 10:00:00"),
        ("cron(15 12 * * ? *)", "2026-01-16 12:15:00"),
        ("cron(0/15 * * * ? *)", "2026-01-15 12:45:00"),
        ("cron(0 18 ? * MON-FRI *)", "2026-01-15 18:00:00"),
        ("cron(0 8 1 * ? *)", "2026-02-01 08:00:00"),
        ("cron(0 8 ? * SUN *)", "2026-01-18 08:00:00"),
        ("cron(5 0 29 FEB ? *)", "2028-02-29 00:05:00"),
        ("cron(0,30 12 ? JAN,MAR 5 2026-2027)", "2026-01-22 12:00:00"),
    ],
)
def test_a_schedule_is_due_when_eventbridge_says(expression: str, expected: str) -> None:
    assert next_due(expression, THURSDAY) == datetime.fromisoformat(expected).replace(tzinfo=UTC)


def test_what_can_never_be_due_is_never_due() -> None:
    assert next_due("cron(0 0 31 FEB ? *)", THURSDAY) is None
    assert next_due("cron(0 0 * * ? 2020)", THURSDAY) is None


@pytest.mark.parametrize("expression", ["hourly", "cron(0 0 * *)", "cron(0 0 L * ? *)", "rate(often)"])
def test_what_is_no_schedule_is_refused(expression: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        next_due(expression, THURSDAY)


@given(st.sets(st.integers(0, 59), min_size=1, max_size=4), st.sets(st.integers(0, 23), min_size=1, max_size=3), st.integers(0, 3 * 86400))
def test_cron_agrees_with_trying_every_minute(minutes: set[int], hours: set[int], seconds: int) -> None:
    start = THURSDAY + timedelta(seconds=seconds)
    candidate = start.replace(second=0, microsecond=0)
    while not (candidate > start and candidate.minute in minutes and candidate.hour in hours):
        candidate += timedelta(minutes=1)

    expression = f"cron({','.join(map(str, minutes))} {','.join(map(str, hours))} * * ? *)"

    assert next_due(expression, start) == candidate
