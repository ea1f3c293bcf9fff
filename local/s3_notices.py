"""Makes moto's notices of new objects what S3 sends: complete, and one for each object."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote_plus
from uuid import uuid4

from moto.core.utils import iso_8601_datetime_with_milliseconds
from moto.s3 import notifications
from moto.s3.models import FakeBucket

_send = notifications.send_event


def tell_as_s3_does() -> None:
    """Put the two functions below in the place of moto's; it offers no other way."""
    notifications._get_s3_event = _event  # noqa: SLF001 - see above
    notifications.send_event = _send_once


def _send_once(account_id: str, event_name: notifications.S3NotificationEvent, bucket: FakeBucket, key: Any) -> None:
    """When a multipart upload is complete moto tells of a put too; S3 does not."""
    if not (event_name == notifications.S3NotificationEvent.OBJECT_CREATED_PUT_EVENT and key.multipart):
        _send(account_id, event_name, bucket, key)


def _event(event_name: str, bucket: FakeBucket, key: Any, notification_id: str) -> dict[str, Any]:
    """What S3 sends: moto leaves out the version, the sequencer and who did it.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
    """
    version = {"versionId": key.version_id} if bucket.is_versioned else {}
    return {
        "Records": [
            {
                "eventVersion": "2.1",
                "eventSource": "aws:s3",
                "awsRegion": bucket.region_name,
                "eventTime": iso_8601_datetime_with_milliseconds(),
                "eventName": str(getattr(event_name, "value", event_name)).removeprefix("s3:"),
                "userIdentity": {"principalId": "AWS:AIDALOCAL"},
                "requestParameters": {"sourceIPAddress": "127.0.0.1"},
                "responseElements": {"x-amz-request-id": uuid4().hex[:16].upper(), "x-amz-id-2": uuid4().hex},
                "s3": {
                    "s3SchemaVersion": "1.0",
                    "configurationId": notification_id,
                    "bucket": {"name": bucket.name, "ownerIdentity": {"principalId": "A3LOCAL"}, "arn": bucket.arn},
                    "object": {
                        "key": quote_plus(key.name, safe="/"),
                        "size": key.size,
                        "eTag": key.etag.strip('"'),
                        **version,
                        "sequencer": f"{int(key.last_modified.timestamp() * 1_000_000):016X}",
                    },
                },
            }
        ]
    }
