from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from moto import mock_aws

from takeback.settings import settings
from takeback.stores import files

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

BUCKET = "takeback-test"


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[S3Client]:
    """A versioned bucket, empty, and the store's client and settings pointed at it."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "BUCKET": BUCKET,
    }.items():
        monkeypatch.setenv(name, value)
    settings.cache_clear()
    files.client.cache_clear()
    with mock_aws():
        client = files.client()
        client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        yield client
    settings.cache_clear()
    files.client.cache_clear()
