"""Everything that can go wrong and that a caller has to be told.

One root; each child carries the HTTP status and a stable code. Its docstring is the message when none is given.
What is wrong with a person's data is not here: that is an `Issue`, a value (see rules/issues.py).
"""

from __future__ import annotations

from typing import Any, ClassVar


class TakebackError(Exception):
    """Something went wrong on our side. Try again; if it goes on, tell whoever runs this service."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal_error"

    def __init__(self, detail: str | None = None, **extra: Any) -> None:
        self.detail = detail or (type(self).__doc__ or "").strip()
        self.extra = extra
        super().__init__(self.detail)


class ReadingFailed(TakebackError):
    """Reading this file failed through a fault of ours, three times. Save it in another format (.csv, .xlsx) and upload that."""

    code = "reading_failed"


class BadRequest(TakebackError):
    """The request could not be understood. Send a JSON object as described in /openapi.json."""

    status = 400
    code = "bad_request"


class Unprocessable(TakebackError):
    """The request is well-formed, but what it asks for cannot be done. The detail says why."""

    status = 422
    code = "invalid_request"


class InvalidMapping(Unprocessable):
    """The column mapping does not fit the file. Map each field to at most one of the file's own columns."""

    code = "invalid_mapping"


class InvalidOptions(Unprocessable):
    """The options contradict the file or each other. Leave out what you are not sure of: it is found out."""

    code = "invalid_options"


class Forbidden(TakebackError):
    """You may look at this account but not write to it. Ask an owner of the account for the role of a member."""

    status = 403
    code = "forbidden"


class NotFound(TakebackError):
    """There is nothing here under this name that you may see. Check the address, or upload the file again."""

    status = 404
    code = "not_found"


class Conflict(TakebackError):
    """The request does not fit the state that things are in."""

    status = 409
    code = "conflict"


class NotReady(Conflict):
    """This preview cannot be committed yet: rows are invalid or a question is open. Fix them and preview again."""

    code = "not_ready"


class ExistingRecords(Conflict):
    """Some of these orders are in the account already. Choose whether to skip or to update them."""

    code = "existing_records"


class AlreadyCommitted(Conflict):
    """This upload was committed already, into another account or from another preview of it. Upload the file again for a second import."""

    code = "already_committed"


class AlreadyRolledBack(Conflict):
    """This import was undone. Upload the file again to import it once more."""

    code = "already_rolled_back"


class NotCommitted(Conflict):
    """This import is not committed, so there is nothing to undo."""

    code = "not_committed"


class RollbackExpired(Conflict):
    """The time in which this import could be undone has passed."""

    code = "rollback_expired"


class RollbackDisabled(Conflict):
    """The undo of this import was given up."""

    code = "rollback_disabled"


class RecordsModified(Conflict):
    """Some rows were edited after the import. Undo anyway (those edits are lost) or leave it."""

    code = "records_modified"


class LaterImport(Conflict):
    """A later import changed rows of this one. Undo the later import first."""

    code = "later_import"


class TooLarge(TakebackError):
    """The file is larger than this service takes. Split it into several files, or ask its operator to raise the limit."""

    status = 413
    code = "too_large"


class TotalsDiffer(TakebackError):
    """What arrived in the database is not what the preview counted, so nothing was kept. Upload the file again."""

    code = "totals_differ"


class RowsRefused(TakebackError):
    """The database refused a row that the preview had found right, so nothing was kept. Tell whoever runs this service."""

    code = "rows_refused"


class Unavailable(TakebackError):
    """The service is waking up or busy. Nothing was changed; try again in a few seconds."""

    status = 503
    code = "unavailable"
    retry_after_seconds: ClassVar[int] = 5


class Refused(Exception):
    """A file that cannot be read as a table: a stable code and a sentence that says what to do.

    Raised by the readers, and turned into an `unreadable` preview by the validation; it never reaches HTTP.
    """

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        self.message = message
        super().__init__(f"{code}: {message}")
