"""What is kept of an upload before its preview: how it was started, and what was asked of it since."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from annotated_types import Ge, MaxLen, MinLen
from pydantic import BaseModel, ConfigDict, Field, StrictInt

from takeback.rules.options import NO_NUL, Options
from takeback.rules.preview import revision_of

ColumnMapping = dict[Annotated[str, MaxLen(1_000)], str | None]


class StartUpload(BaseModel):
    """The body of `POST /import/uploads`; `size` is in bytes."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    filename: Annotated[str, MinLen(1), MaxLen(1_000), NO_NUL]
    size: Annotated[StrictInt, Ge(0)] | None = None
    options: Options = Field(default_factory=Options)
    record_type: Annotated[str, MaxLen(100)] = "bookkeeping"


class UploadForm(BaseModel):
    """Where and how the browser sends the file: a form POST of `fields` and then the file, to `url`."""

    model_config = ConfigDict(defer_build=True)

    url: str
    fields: dict[str, str]
    expires_at: str
    max_bytes: int


class StartedUpload(BaseModel):
    """The answer of `POST /import/uploads`."""

    model_config = ConfigDict(defer_build=True)

    batch_id: UUID
    upload: UploadForm


class ValidateRequest(BaseModel):
    """The body of `POST /import/records/validate`: read the same file again, in another way."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    batch_id: UUID
    column_mapping: ColumnMapping | None = None
    options: Options = Field(default_factory=Options)


class AcceptedRevision(BaseModel):
    """The answer of `POST /import/records/validate`."""

    model_config = ConfigDict(defer_build=True)

    batch_id: UUID
    revision: str


class Waiting(BaseModel):
    """The answer while there is no preview yet; `rows_seen` grows while the file is read."""

    model_config = ConfigDict(defer_build=True)

    state: Annotated[str, Field(pattern="^(awaiting_upload|validating)$")]
    rows_seen: int = 0


class ErrorsFile(BaseModel):
    """Where the bad rows can be downloaded for five minutes."""

    model_config = ConfigDict(defer_build=True)

    url: str


class Start(BaseModel):
    """`starts/…/options.json`: how an upload was begun."""

    model_config = ConfigDict(defer_build=True)

    filename: str
    key: str
    record_type: str
    options: Options


class Reading(BaseModel):
    """`requests/…/{revision}.json`, and what the arrival of a file asks for by itself: how to read which version."""

    model_config = ConfigDict(defer_build=True)

    key: str
    filename: str
    record_type: str
    version_id: str
    column_mapping: ColumnMapping | None
    options: Options

    @property
    def revision(self) -> str:
        """The name of the preview that this leads to."""
        return revision_of(self.version_id, self.column_mapping, self.options)
