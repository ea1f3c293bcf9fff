"""The environment, read in one typed place on first use."""

from __future__ import annotations

import os
from functools import cache

from pydantic import BaseModel, ConfigDict


class Settings(BaseModel):
    """What the deployment decides. Every name is an environment variable in lower case; sizes are bytes."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    bucket: str
    upload_max_bytes: int = 500_000_000
    upload_expires_seconds: int = 3600
    max_rows: int = 5_000_000
    max_columns: int = 1_000
    max_cell_chars: int = 32_767
    inline_rows: int = 100_000
    rollback_window_hours: int = 24
    web_root: str = "/opt/web"
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_scopes: str = "openid"
    connect_sources: str = ""  # origins besides its own that the page talks to, separated by blanks: bucket, issuer


@cache
def settings() -> Settings:
    """The settings of this container; a wrong one fails its first call with the variable's name."""
    return Settings.model_validate({name: os.environ[name.upper()] for name in Settings.model_fields if name.upper() in os.environ})
