"""What was understood of a file, as the preview that people and commit go by."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from uuid import UUID

from takeback.errors import Refused
from takeback.rules.issues import Issue
from takeback.rules.layouts import layout_of
from takeback.rules.preview import DecisionView, DroppedLine, ErrorCount, File, Preview, StoredRows
from takeback.rules.upload import Reading
from takeback.tabular.findings import view_of
from takeback.tabular.validation import Understood

_LISTED_LINES = 1_000
_LINE_CHARS = 200


@dataclass(frozen=True, slots=True)
class Facts:
    """What the outside knows of an upload."""

    batch_id: UUID
    reading: Reading
    bytes: int
    sha256: str


def preview_of(facts: Facts, understood: Understood, rows_version: str, rows_bytes: int) -> Preview:
    """The preview of a file that could be read, naming the version of the rows object that it left for commit."""
    table, plan, findings = understood.table, understood.plan, understood.done.findings
    file_issues = understood.issues
    ready = not (findings.invalid or file_issues or any(decision.needs_answer for decision in understood.decisions))
    layout = layout_of(plan.headers)
    lines = table.facts.dropped_lines
    warnings = list(understood.warnings)
    if len(lines) > _LISTED_LINES:
        warnings.append(f"{len(lines):,} lines were left out; the first {_LISTED_LINES:,} are listed.")
    return Preview(
        batch_id=facts.batch_id,
        revision=facts.reading.revision,
        state="ready" if ready else "needs_attention",
        record_type=facts.reading.record_type,
        file=_file(facts).model_copy(
            update={
                "format": table.facts.format,
                "encoding": table.facts.encoding,
                "delimiter": table.facts.delimiter,
                "sheet": table.facts.sheet,
                "sheets": table.facts.sheets,
                "header_row": table.facts.header_row,
                "dropped_lines": [
                    DroppedLine(row_number=line.row_number, text=_clean(line.text), reason=line.reason) for line in lines[:_LISTED_LINES]
                ],
            }
        ),
        total_rows=findings.total,
        valid_rows=findings.total - findings.invalid,
        invalid_rows=findings.invalid,
        columns=understood.columns,
        suggested_mapping={suggestion.header: suggestion.field for suggestion in plan.suggestions},
        column_mapping=plan.column_mapping,
        remembered=plan.remembered,
        source=layout.name if layout else None,
        options=plan.options,
        unmapped_required=understood.missing,
        decisions=[DecisionView.model_validate(asdict(decision)) for decision in understood.decisions],
        disproofs=understood.disproofs,
        rows=findings.rows,
        error_summary=[*(_once(issue) for issue in file_issues), *findings.summary()],
        errors=[*(view_of(issue) for issue in file_issues), *findings.errors],
        totals=dict(findings.totals),
        warnings=warnings,
        fingerprint=plan.fingerprint,
        stored_rows=StoredRows(
            version_id=rows_version, bytes=rows_bytes, fields=[field.name for field in plan.fields if field.name in plan.places]
        ),
    )


def unreadable(facts: Facts, refusal: Refused) -> Preview:
    """The preview of a file that could not be read: one error, for the file as a whole."""
    issue = Issue(refusal.code, refusal.message)
    return Preview(
        batch_id=facts.batch_id,
        revision=facts.reading.revision,
        state="unreadable",
        record_type=facts.reading.record_type,
        file=_file(facts),
        options=facts.reading.options,
        error_summary=[_once(issue)],
        errors=[view_of(issue)],
    )


def _file(facts: Facts) -> File:
    return File(filename=facts.reading.filename, bytes=facts.bytes, sha256=facts.sha256)


def _once(issue: Issue) -> ErrorCount:
    return ErrorCount(field=issue.field, code=issue.code, message=issue.message, count=1, first_rows=[])


def _clean(text: str) -> str:
    return text[:_LINE_CHARS].encode("utf-8", "replace").decode()
