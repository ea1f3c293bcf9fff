"""From a file on disk to rows in the table, and back, in a real browser."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from playwright.sync_api import expect

from tests.page import sheets
from tests.page.browsing import Visit, cells, choose, heading, import_all, press, ready, reviewed, to_plan

Open = Callable[..., Visit]
Place = Callable[..., str]


def _stored(stack: dict[str, Any], prefix: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(stack["database_url"]) as connection:
        return connection.execute(
            "select ebay_order_id, sale_price_cents from bookkeeping_records"
            " where starts_with(ebay_order_id, %s) and deleted_at is null order by 1",
            [prefix],
        ).fetchall()


@pytest.mark.parametrize("kind", ["csv", "xlsx", "json"])
def test_a_file_becomes_rows_and_the_undo_takes_them_back(person: Open, stack: dict[str, Any], tmp_path: Path, kind: str) -> None:
    rows = sheets.orders(120)
    write = {"csv": sheets.write_csv, "xlsx": sheets.write_xlsx, "json": sheets.write_json}[kind]
    prefix = rows[0][0][:9]
    page = person().open()

    choose(page, write(tmp_path / f"orders.{kind}", rows))
    ready(page)
    expect(page.get_by_text("All 120 rows can be imported.").first).to_be_visible()
    sums = page.get_by_role("table", name=re.compile("^Sums"))
    total = f"{sum(Decimal(row[4].strip('$').replace(',', '')) for row in rows):,.2f}"
    expect(sums.get_by_role("row", name="Sale price")).to_contain_text(total)
    import_all(page)

    heading(page, "120 rows added")
    expect(sums.get_by_role("row", name="Sale price")).to_contain_text(total)
    expect(page.get_by_text(re.compile("^23 h 59 min left$"))).to_be_visible()
    assert [row[0] for row in rows] == [order for order, _ in _stored(stack, prefix)]
    assert _stored(stack, prefix)[1][1] == 2030

    press(page, "Undo this import")
    expect(page.get_by_text("No row was edited since, so nothing is lost.")).to_be_visible()
    press(page, "Undo this import")
    heading(page, "120 rows removed")
    assert _stored(stack, prefix) == []


def test_what_was_understood_is_told_in_words(person: Open, checked: Place, tmp_path: Path) -> None:
    rows = sheets.orders(30)
    page = person().open(checked(sheets.write_xlsx(tmp_path / "orders.xlsx", rows)))
    ready(page)

    facts = page.get_by_role("region", name="What was understood").or_(page.locator("section[aria-labelledby=facts]")).first
    expect(facts).to_contain_text("sheet “Orders”")
    expect(facts).to_contain_text("Headers in row 2")
    expect(facts).to_contain_text("30 rows")
    expect(facts).to_contain_text("dates are month first")
    expect(facts).to_contain_text("1 line that is no row was left out")


def test_rows_show_what_was_written_and_what_was_understood(person: Open, checked: Place, tmp_path: Path) -> None:
    rows = sheets.orders(12)
    page = person().open(checked(sheets.write_csv(tmp_path / "orders.csv", rows)))
    ready(page)

    assert "Jan 15, 2026 01/15/2026" in cells(page, 3)
    assert "20.30 $20.30" in cells(page, 3)


def test_a_column_can_be_given_another_meaning_with_one_choice(person: Open, checked: Place, tmp_path: Path) -> None:
    rows = sheets.orders(20)
    page = person().open(checked(sheets.write_csv(tmp_path / "orders.csv", rows, [*sheets.HEADERS[:5], "Postage", "Note"])))
    ready(page)

    sold = page.get_by_role("listitem").filter(has=page.get_by_label("What “Sold For” is"))
    expect(sold).to_contain_text("$12.99")
    expect(sold).to_contain_text("“Sold For” is sale price.")
    if not page.get_by_label("What “Postage” is").is_visible():
        page.get_by_text(re.compile("other columns?$")).click()
    page.get_by_label("What “Postage” is").select_option(label="Marketplace fees")
    ready(page)

    expect(page.get_by_label("What “Postage” is")).to_have_value("ebay_fees_cents")
    expect(page.get_by_text("Chosen by you")).to_be_visible()
    expect(page.get_by_role("table", name=re.compile("^Sums")).get_by_role("row", name="Marketplace fees")).to_be_visible()


def test_a_suggestion_that_was_refused_is_taken_up_again_with_one_press(person: Open, checked: Place, tmp_path: Path) -> None:
    page = person().open(checked(sheets.write_csv(tmp_path / "orders.csv", sheets.orders(20))))
    ready(page)

    page.get_by_label("What “Sold For” is").select_option("")
    expect(page.get_by_role("button", name="Name the missing column")).to_be_visible()
    press(page, "Use as Sale price")
    ready(page)

    expect(page.get_by_label("What “Sold For” is")).to_have_value("sale_price_cents")


def test_a_column_given_to_a_field_is_taken_from_the_one_that_had_it(person: Open, checked: Place, tmp_path: Path) -> None:
    rows = [[*row, row[1]] for row in sheets.orders(20)]
    page = person().open(checked(sheets.write_csv(tmp_path / "orders.csv", rows, [*sheets.HEADERS, "Day it left"])))
    ready(page)

    page.get_by_text(re.compile("other columns?$")).click()
    page.get_by_label("What “Day it left” is").select_option("sale_date")
    ready(page)

    expect(page.get_by_label("What “Day it left” is")).to_have_value("sale_date")
    expect(page.get_by_label("What “Sale Date” is")).to_have_value("")


def test_a_missing_column_is_asked_for(person: Open, checked: Place, tmp_path: Path) -> None:
    rows = sheets.orders(20)
    page = person().open(
        checked(sheets.write_csv(tmp_path / "orders.csv", rows, ["Order Number", "Sale Date", "Zzz", *sheets.HEADERS[3:]]))
    )
    reviewed(page)

    press(page, "Name the missing column")
    page.get_by_label("Which column holds the item?").select_option("Zzz")
    ready(page)

    expect(page.get_by_label("What “Zzz” is")).to_have_value("item_name")


def test_a_question_about_dates_is_answered_with_the_evidence_in_sight(person: Open, checked: Place, tmp_path: Path) -> None:
    rows = [[row[0], "03/04/2024", *row[2:]] for row in sheets.orders(20)]
    page = person().open(checked(sheets.write_csv(tmp_path / "orders.csv", rows)))
    reviewed(page)

    press(page, "Answer the question")
    expect(page.get_by_text("03/04/2024 is March 4")).to_be_visible()
    expect(page.get_by_text("03/04/2024 is April 3")).to_be_visible()
    page.get_by_role("radio", name="Day first").check()
    ready(page)

    assert "Apr 3, 2024 03/04/2024" in cells(page, 2)


def test_one_question_about_several_columns_is_asked_once(person: Open, checked: Place, tmp_path: Path) -> None:
    rows = [[*row[:4], f"{index + 1}.500", f"{index + 2}.250", row[6]] for index, row in enumerate(sheets.orders(20))]
    page = person().open(checked(sheets.write_csv(tmp_path / "orders.csv", rows)))
    reviewed(page)

    heading(page, "1 question for you")
    expect(page.get_by_text("may be a thousand or have three decimals").first).to_be_visible()
    page.get_by_role("radio", name=re.compile("^A comma")).check()
    ready(page)
    assert "1,500.00 1.500" in cells(page, 2)

    press(page, "Take this answer back")
    heading(page, "1 question for you")


def test_bad_rows_come_first_and_can_be_left_out_and_put_back(person: Open, stack: dict[str, Any], checked: Place, tmp_path: Path) -> None:
    rows = sheets.orders(60)
    rows[39][4] = "n. a."
    rows[49][1] = "31 February 2026"
    page = person().open(checked(sheets.write_csv(tmp_path / "orders.csv", rows)))
    reviewed(page)
    expect(page.get_by_text("58 of 60 rows can be imported, 2 need attention.").first).to_be_visible()
    assert page.locator("tr[data-row]").first.get_attribute("data-row") == "41"

    press(page, "Leave row 41 out")
    expect(page.get_by_text("58 of 59 rows can be imported, 1 needs attention.").first).to_be_visible()
    press(page, "Put row 41 back")
    expect(page.get_by_text("58 of 60 rows can be imported, 2 need attention.").first).to_be_visible()
    press(page, "Leave all 2 out")
    import_all(page)

    stored = {order for order, _ in _stored(stack, rows[0][0][:9])}
    assert stored == {row[0] for index, row in enumerate(rows) if index not in {39, 49}}


def test_rows_are_filtered_by_the_kind_of_their_problem(person: Open, checked: Place, tmp_path: Path) -> None:
    rows = sheets.orders(40)
    for index in (5, 6, 7):
        rows[index][4] = "n. a."
    rows[20][0] = ""
    page = person().open(checked(sheets.write_csv(tmp_path / "orders.csv", rows)))
    reviewed(page)

    page.get_by_role("button", name="Need attention 4").click()
    assert [row.get_attribute("data-row") for row in page.locator("tr[data-row]").all()] == ["7", "8", "9", "22"]
    page.get_by_label("Kind of problem").select_option(index=2)
    assert [row.get_attribute("data-row") for row in page.locator("tr[data-row]").all()] == ["22"]
    page.get_by_role("button", name="Fine 36").click()
    expect(page.locator("tr[data-row='7']")).to_have_count(0)


def test_a_row_is_found_by_its_number(person: Open, checked: Place, tmp_path: Path) -> None:
    page = person().open(checked(sheets.write_csv(tmp_path / "orders.csv", sheets.orders(100))))
    ready(page)
    expect(page.locator("tr[data-row='90']")).to_have_count(0)

    page.get_by_label("Go to row").fill("90")
    press(page, re.compile("^Go$"))
    expect(page.locator("tr[data-row='90']")).to_be_focused()

    page.get_by_label("Go to row").fill("4711")
    press(page, re.compile("^Go$"))
    expect(page.get_by_text("Row 4711 is not listed here.")).to_be_visible()


def test_bad_rows_are_downloaded_with_reasons_and_the_corrected_file_goes_on(person: Open, tmp_path: Path) -> None:
    rows = [[row[0], "03/04/2024", *row[2:]] for row in sheets.orders(30)]
    good = rows[9][4]
    rows[9][4] = "n. a."
    page = person().open()
    choose(page, sheets.write_csv(tmp_path / "march.csv", rows))
    reviewed(page)
    page.get_by_role("radio", name="Day first").check()
    expect(page.get_by_role("button", name="See what needs attention")).to_be_visible()

    with page.expect_download() as waiting:
        press(page, "Download these rows with the reasons")
    downloaded = tmp_path / "downloaded.csv"
    waiting.value.save_as(downloaded)
    assert waiting.value.suggested_filename == "errors.csv"
    assert rows[9][0] in downloaded.read_text("utf-8-sig")
    assert "n. a." in downloaded.read_text("utf-8-sig")

    rows[9][4] = good
    page.get_by_label("Choose the corrected file").set_input_files(sheets.write_csv(tmp_path / "march corrected.csv", rows))
    heading(page, "march corrected.csv")
    ready(page)
    expect(page.get_by_text("All 30 rows can be imported.").first).to_be_visible()
    assert "Apr 3, 2024 03/04/2024" in cells(page, 2)  # what was answered holds for the corrected file


def test_existing_rows_are_skipped_or_overwritten_as_chosen_with_the_counts_told_before(
    person: Open, stack: dict[str, Any], imported: Place, tmp_path: Path
) -> None:
    rows = sheets.orders(20)
    page = person().open(imported(sheets.write_csv(tmp_path / "first.csv", rows[:12])))
    expect(page.get_by_role("button", name="Undo this import")).to_be_visible()
    for row in rows[:12]:
        row[4] = "$1.00"
    press(page, "Import another file")
    choose(page, sheets.write_csv(tmp_path / "second.csv", rows))
    to_plan(page)

    heading(page, "12 rows are in this account already")
    expect(page.get_by_role("radio", name="Leave them as they are 8 new rows imported, 12 left alone.")).to_be_visible()
    page.get_by_role("radio", name="Overwrite them with this file 8 new rows imported, 12 overwritten.").check()
    press(page, "Import 20 rows")
    heading(page, "8 rows added, 12 overwritten")
    assert [cents for _, cents in _stored(stack, rows[0][0][:9])][:12] == [100] * 12

    press(page, "Undo this import")
    press(page, "Undo this import")
    heading(page, "8 rows removed, 12 put back as before")
    assert _stored(stack, rows[0][0][:9])[0][1] == 1299


def test_the_same_file_again_is_told_with_its_date(person: Open, imported: Place, checked: Place, tmp_path: Path) -> None:
    file = sheets.write_csv(tmp_path / "twice.csv", sheets.orders(4))
    imported(file)
    page = person(locale="de-DE").open(f"{checked(file)}&step=import")

    expect(
        page.get_by_text(re.compile(r"The same file was imported before, as “twice.csv”, on \d\d\.\d\d\.\d{4}, \d\d:\d\d\."))
    ).to_be_visible()


def test_the_account_is_chosen_and_only_that_one_is_written_to(person: Open, stack: dict[str, Any], checked: Place, tmp_path: Path) -> None:
    rows = sheets.orders(6)
    with psycopg.connect(stack["database_url"]) as connection:
        connection.execute("select add_account(%s, 'Second shop')", [stack["users"]["rival"]["org_id"]])
    page = person("rival").open(checked(sheets.write_csv(tmp_path / "orders.csv", rows), "rival"))
    to_plan(page)

    expect(page.get_by_text("Choose an account.")).to_be_visible()
    expect(page.get_by_role("button", name="Import", exact=True)).to_be_disabled()
    page.get_by_role("radio", name="Second shop").check()
    expect(page.get_by_text("None of them is in this account yet.")).to_be_visible()
    press(page, "Import 6 rows")

    expect(page.get_by_text("into Second shop")).to_be_visible()
    with psycopg.connect(stack["database_url"]) as connection:
        written = connection.execute(
            "select a.name, count(*) from bookkeeping_records r join accounts a using (account_id)"
            " where r.ebay_order_id = any(%s) group by a.name",
            [[row[0] for row in rows]],
        ).fetchall()
    assert written == [("Second shop", 6)]


def test_the_history_opens_an_import_and_its_undo(person: Open, imported: Place, tmp_path: Path) -> None:
    page = person().open(imported(sheets.write_csv(tmp_path / "for the history.csv", sheets.orders(7))))
    expect(page.get_by_role("button", name="Undo this import")).to_be_visible()

    page.goto(page.url.split("#")[0])
    left = re.compile("(24 h 0|23 h 59) min to undo")  # the former within the first second
    expect(page.get_by_role("listitem").filter(has_text="for the history.csv").get_by_text(left)).to_be_visible()
    press(page, "Undo the import of for the history.csv")
    heading(page, "Undo this import?")
    press(page, "Keep the import")
    heading(page, "7 rows added")
    page.get_by_text("The rows of this import").click()
    expect(page.get_by_role("region", name="The rows of this import").locator("tbody tr")).to_have_count(7)


def test_a_discarded_file_is_gone(person: Open, tmp_path: Path) -> None:
    visit = person()
    page = visit.open()
    choose(page, sheets.write_csv(tmp_path / "orders.csv", sheets.orders(5)))
    ready(page)
    place = page.url.split("#")[1]

    with page.expect_response(lambda answer: answer.request.method == "DELETE"):
        press(page, "Discard")
    expect(page.get_by_text("Drop your spreadsheets here")).to_be_visible()
    visit.open(place)
    heading(page, "There is no such import")
