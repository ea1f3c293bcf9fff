"""GET /import/record-types and the blank sheets: what can be imported."""

from __future__ import annotations

from typing import Annotated, Any

from aws_lambda_powertools.event_handler.openapi.params import Query

from takeback.http import Answer, answer, documented, download, http_handler, new_app
from takeback.records import record_type, record_types
from takeback.rules.description import RecordTypes, describe
from takeback.sheets import template_csv, template_xlsx

app = new_app()
Name = Annotated[str, Query(description="Which record type")]
CSV = "text/csv; charset=utf-8"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _sheet(content_type: str) -> dict[int, Any]:
    return {200: {"description": "A blank sheet", "content": {content_type: {"schema": {"type": "string"}}}}}


@app.get("/import/record-types", responses=documented(RecordTypes), summary="What can be imported", tags=["describe"])
def list_record_types() -> Answer:
    """Every record type with its fields."""
    return answer(describe(record_types().values()))


@app.get("/import/template.csv", responses=_sheet(CSV), summary="A blank sheet as CSV", tags=["describe"])
def blank_csv(record: Name = "bookkeeping") -> Answer:
    """The record type's headers and one example row."""
    return download(template_csv(record_type(record)), CSV, f"{record}.csv")


@app.get("/import/template.xlsx", responses=_sheet(XLSX), summary="A blank sheet for Excel", tags=["describe"])
def blank_xlsx(record: Name = "bookkeeping"):  # noqa: ANN201 - the body of an annotated answer is taken for text
    """The record type's headers and one example row."""
    return download(template_xlsx(record_type(record)), XLSX, f"{record}.xlsx")


handler = http_handler(app)
