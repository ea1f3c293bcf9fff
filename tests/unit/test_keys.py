from __future__ import annotations

from urllib.parse import quote_plus
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from takeback.rules import keys

BATCH = UUID("0190163d-8694-739b-aea5-966c26f8ad91")


@given(user=st.text(min_size=1, max_size=60), filename=st.text(max_size=300))
def test_a_key_tells_whose_batch_it_is_whatever_the_names(user: str, filename: str) -> None:
    try:
        user.encode()
    except UnicodeEncodeError:
        return  # a token's sub is UTF-8

    key = keys.parse(keys.uploads(user, BATCH, filename))

    assert key is not None
    assert (user, BATCH, "uploads") == (key.user_id, key.batch_id, key.prefix)
    assert "/" not in key.name


@given(filename=st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=300))
def test_a_key_survives_the_spelling_of_an_s3_event(filename: str) -> None:
    written = keys.uploads("user", BATCH, filename)

    assert keys.parse(written) == keys.from_event(quote_plus(written, safe="/"))


def test_a_file_name_is_one_segment_and_keeps_its_ending() -> None:
    assert keys.safe_filename("../../etc/passwd") == ".._.._etc_passwd"
    assert keys.safe_filename("a\x00b\r\n.csv") == "a_b_.csv"
    assert keys.safe_filename("x" * 500 + ".csv").endswith("x.csv")
    assert len(keys.safe_filename("é" * 500 + ".csv")) == 200
    assert keys.safe_filename("  ") == "upload"
    assert keys.safe_filename("..") == "upload"


def test_s3_finds_no_place_to_put_the_browsers_own_file_name() -> None:
    assert "${filename}" not in keys.uploads("user", BATCH, "${filename}.csv")


def test_a_user_id_with_a_slash_does_not_reach_into_another_users_folder() -> None:
    assert keys.uploads("a/b", BATCH, "x.csv").startswith("uploads/a%2Fb/")
    assert keys.parse(f"uploads/a/b/{BATCH}/x.csv") is None


def test_foreign_keys_are_none_of_ours() -> None:
    for key in ["", "uploads", "uploads/u/not-a-uuid/x", f"other/u/{BATCH}/x", f"uploads/u/{BATCH}/", "s3:TestEvent"]:
        assert keys.parse(key) is None, key


def test_the_revision_is_read_off_the_name_where_there_is_one() -> None:
    revision = "0123456789abcdef" * 2
    for prefix, name in [("previews", f"{revision}.json"), ("rows", revision), ("errors", f"{revision}.csv")]:
        key = keys.parse(f"{prefix}/u/{BATCH}/{name}")
        assert key is not None
        assert key.revision == revision
    no_revision = keys.parse(f"starts/u/{BATCH}/options.json")
    assert no_revision is not None
    assert no_revision.revision == ""
