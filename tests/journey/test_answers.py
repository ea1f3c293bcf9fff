"""What a person answers, what is remembered of it, and what is told of a file that was imported before."""

from __future__ import annotations

from tests.journey.person import Person, as_csv, sales

OPEN = b"Order number,Sold on,What,Got\r\nA-31,01/02/2026,Vintage camera lens,10.00\r\nA-32,03/04/2026,Vintage camera case,20.00\r\n"
PROVEN = b"Order number,Sale date,Item,Price\r\nA-41,01/24/2026,Vintage camera lens,10.00\r\nA-42,03/04/2026,Vintage camera case,20.00\r\n"


def test_a_date_order_that_a_row_disproves_is_refused_with_the_row(demo: Person) -> None:
    preview = demo.upload("proven.csv", PROVEN)

    answer = demo.http.post("/import/records/validate", json={"batch_id": preview["batch_id"], "options": {"date_order": "DMY"}})

    assert (answer.status_code, answer.json()["code"], answer.json()["row"], answer.json()["header"]) == (
        422,
        "invalid_options",
        2,
        "Sale date",
    )
    assert demo.preview(preview["batch_id"]) == preview


def test_an_open_question_blocks_the_commit_and_its_answer_is_remembered_for_the_next_file_of_this_shape(demo: Person) -> None:
    preview = demo.upload("open.csv", OPEN)
    assert [decision["kind"] for decision in preview["decisions"] if decision["needs_answer"]] == ["date_order"]
    assert demo.commit(preview).json()["code"] == "not_ready"

    mapping = {"What": "item_name", "Got": "sale_price_cents"}
    answered = demo.read_again(preview["batch_id"], options={"date_order": "DMY"}, column_mapping=mapping)
    assert [row["data"]["sale_date"] for row in answered["rows"]] == ["2026-02-01", "2026-04-03"]
    assert demo.committed(answered)["inserted"] == 2

    again = demo.upload("open again.csv", OPEN.replace(b"A-3", b"A-5"))
    assert (again["remembered"], again["state"]) == (True, "ready")
    assert [row["data"]["sale_date"] for row in again["rows"]] == ["2026-02-01", "2026-04-03"]
    assert again["column_mapping"] == answered["column_mapping"]


def test_a_file_that_was_imported_before_says_when_and_by_whom(demo: Person) -> None:
    content = as_csv(sales(3, prefix="twice-"))
    first = demo.committed(demo.upload("twice.csv", content))
    second = demo.upload("twice again.csv", content)

    for asked in ({"dry_run": True}, {}):
        batch = demo.committed(second, on_existing="skip", **asked)
        (warning,) = batch["warnings"]
        assert (warning["batch_id"], warning["filename"], warning["created_by"]) == (first["batch_id"], "twice.csv", first["created_by"])
        assert warning["committed_at"][:10] == first["committed_at"][:10]
        assert "imported before" in warning["message"]
