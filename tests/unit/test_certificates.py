"""The authorities that a database's certificate is checked against."""

from __future__ import annotations

import ssl
import time
from pathlib import Path
from typing import Any

import pytest

FILE = Path(__file__).parents[2] / "shared" / "rds-ca.pem"
_YEAR_SECONDS = 366 * 86400


def _roots() -> list[dict[str, Any]]:
    return list(ssl.create_default_context(cafile=str(FILE)).get_ca_certs())


def _named(subject: tuple[tuple[tuple[str, str], ...], ...]) -> dict[str, str]:
    return dict(pair for part in subject for pair in part)


def test_every_certificate_of_the_file_is_read_once() -> None:
    assert len(_roots()) == FILE.read_text().count("BEGIN CERTIFICATE")
    assert len({root["serialNumber"] for root in _roots()}) == len(_roots())


@pytest.mark.parametrize("root", _roots(), ids=lambda root: _named(root["subject"])["commonName"])
def test_each_is_a_root_of_amazon_rds_that_lasts(root: dict[str, Any]) -> None:
    assert root["subject"] == root["issuer"]
    assert _named(root["subject"])["organizationalUnitName"] == "Amazon RDS"
    assert _named(root["subject"])["organizationName"] == "Amazon Web Services, Inc."
    assert ssl.cert_time_to_seconds(root["notAfter"]) > time.time() + _YEAR_SECONDS, "Renew shared/rds-ca.pem: docs/operations.md"
