from __future__ import annotations

from itertools import islice
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from takeback.rules.identifiers import uuid7s


@given(unix_ms=st.integers(0, (1 << 48) - 1), random=st.binary(min_size=10, max_size=10))
def test_ids_are_ascending_version_7_uuids_of_their_instant(unix_ms: int, random: bytes) -> None:
    ids = [UUID(text) for text in islice(uuid7s(unix_ms, random), 200)]

    assert ids == sorted(ids)
    assert len(set(ids)) == 200
    assert all(made.version == 7 and made.variant == "specified in RFC 4122" for made in ids)
    assert all(made.int >> 80 == unix_ms for made in ids)


def test_two_files_of_the_same_instant_do_not_share_ids() -> None:
    assert next(uuid7s(1, b"0123456789")) != next(uuid7s(1, b"0123456780"))
