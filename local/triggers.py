"""What calls functions besides HTTP: objects that appear in a bucket, and the clock."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote_plus, unquote_plus
from uuid import uuid4

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from local.clock import next_due
from local.declared import BucketTrigger, Schedule
from local.events import Events

_QUEUE = "bucket-events"
_SECONDS_BETWEEN_LOOKS = 1.0


@dataclass(frozen=True, slots=True)
class Access:
    """How S3 (and SQS beside it, when it is our own stand-in) is reached."""

    endpoint: str
    region: str
    access_key_id: str
    secret_access_key: str
    session_token: str | None = None

    def client(self, service: str) -> Any:
        """A boto3 client that no proxy and no file in the home folder has a part in."""
        return boto3.session.Session().client(
            service,
            endpoint_url=self.endpoint,
            region_name=self.region,
            aws_access_key_id=self.access_key_id,
            aws_secret_access_key=self.secret_access_key,
            aws_session_token=self.session_token,
            config=Config(proxies={}, retries={"total_max_attempts": 2}, s3={"addressing_style": "path"}),
        )


class BucketEvents:
    """Forwards what the stand-in says about new objects, by way of its queue; invents nothing."""

    def __init__(self, access: Access, triggers: Sequence[BucketTrigger], events: Events) -> None:
        self._s3, self._sqs = access.client("s3"), access.client("sqs")
        self._by_id = {f"{trigger.function}-{trigger.name}": trigger for trigger in triggers}
        self._events = events
        self._stopping = threading.Event()

    def start(self) -> None:
        """Have every trigger's events queued, and begin to forward them."""
        queue = self._sqs.create_queue(QueueName=_QUEUE)["QueueUrl"]
        arn = self._sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        for bucket in {trigger.bucket for trigger in self._by_id.values()}:
            configured = [
                {"Id": name, "QueueArn": arn, "Events": list(trigger.events), "Filter": {"Key": {"FilterRules": _rules(trigger)}}}
                for name, trigger in self._by_id.items()
                if trigger.bucket == bucket
            ]
            self._s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={"QueueConfigurations": configured})
        threading.Thread(target=self._forward, args=(queue,), daemon=True, name="bucket-events").start()

    def close(self) -> None:
        """Forward no more."""
        self._stopping.set()

    def _forward(self, queue: str) -> None:
        while not self._stopping.is_set():
            try:
                said = self._sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=5)
                for message in said.get("Messages", []):
                    self._take(json.loads(message["Body"]))
                    self._sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
            except (BotoCoreError, ClientError):
                self._stopping.wait(_SECONDS_BETWEEN_LOOKS)

    def _take(self, said: dict[str, Any]) -> None:
        # The first message is S3's test event, which has no records.
        for record in said.get("Records", []):
            trigger = self._by_id[record["s3"]["configurationId"]]
            self._events.put(trigger.function, unquote_plus(record["s3"]["object"]["key"]), {"Records": [record]})


class BucketWatch:
    """For an S3 that cannot call us: looks for new objects and says what S3 would say. What is there already is old."""

    def __init__(self, access: Access, triggers: Sequence[BucketTrigger], events: Events) -> None:
        self._s3 = access.client("s3")
        self._region = access.region
        self._triggers = triggers
        self._events = events
        self._seen = {(trigger.bucket, *found[:2]) for trigger in triggers for found in self._objects(trigger)}
        self._stopping = threading.Event()

    def start(self) -> None:
        """Begin to look, once a second."""
        threading.Thread(target=self._watch, daemon=True, name="bucket-watch").start()

    def close(self) -> None:
        """Look no more."""
        self._stopping.set()

    def _watch(self) -> None:
        while not self._stopping.wait(_SECONDS_BETWEEN_LOOKS):
            try:
                self._look()
            except (BotoCoreError, ClientError):
                continue

    def _look(self) -> None:
        for trigger in self._triggers:
            for key, version, facts in self._objects(trigger):
                if (trigger.bucket, key, version) not in self._seen:
                    self._seen.add((trigger.bucket, key, version))
                    self._events.put(trigger.function, key, _created(trigger, self._region, key, facts))

    def _objects(self, trigger: BucketTrigger) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """(key, version or its time, facts) of each object that the trigger is for."""
        for page in self._s3.get_paginator("list_object_versions").paginate(Bucket=trigger.bucket, Prefix=trigger.prefix):
            for facts in page.get("Versions", []):
                if facts["Key"].endswith(trigger.suffix):
                    yield facts["Key"], f"{facts['VersionId']} {facts['LastModified']}", facts


class Clock:
    """Calls scheduled functions when they are due, and once at the start: whoever wakes a machine has missed some."""

    def __init__(self, schedules: Sequence[Schedule], events: Events) -> None:
        self._schedules = schedules
        self._events = events
        self._stopping = threading.Event()

    def start(self) -> None:
        """One thread for each schedule."""
        for schedule in self._schedules:
            next_due(schedule.expression, datetime.now(UTC))  # a bad expression is found now, not in a thread
            threading.Thread(target=self._run, args=(schedule,), daemon=True, name=schedule.name).start()

    def close(self) -> None:
        """Call no more."""
        self._stopping.set()

    def _run(self, schedule: Schedule) -> None:
        due: datetime | None = datetime.now(UTC)
        while due and not self._stopping.wait(max(0.0, (due - datetime.now(UTC)).total_seconds())):
            self._events.put(schedule.function, schedule.expression, _scheduled(schedule, due))
            due = next_due(schedule.expression, datetime.now(UTC))


def _rules(trigger: BucketTrigger) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in (("prefix", trigger.prefix), ("suffix", trigger.suffix)) if value]


def _created(trigger: BucketTrigger, region: str, key: str, facts: dict[str, Any]) -> dict[str, Any]:
    version = {} if facts["VersionId"] == "null" else {"versionId": facts["VersionId"]}
    said = {"key": quote_plus(key, safe="/"), "size": facts["Size"], "eTag": facts["ETag"].strip('"'), **version}
    time = facts["LastModified"].astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    bucket = {"name": trigger.bucket, "arn": f"arn:aws:s3:::{trigger.bucket}"}
    s3 = {"s3SchemaVersion": "1.0", "configurationId": trigger.name, "bucket": bucket, "object": said}
    record = {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": region,
        "eventTime": time,
        "eventName": "ObjectCreated:Put",
        "s3": s3,
    }
    return {"Records": [record]}


def _scheduled(schedule: Schedule, due: datetime) -> Any:
    if schedule.input is not None:
        return json.loads(schedule.input)
    return {
        "version": "0",
        "id": str(uuid4()),
        "detail-type": "Scheduled Event",
        "source": schedule.source,
        "account": "123456789012",
        "time": due.isoformat(timespec="seconds").replace("+00:00", "Z"),
        "region": "us-east-1",
        "resources": [f"arn:aws:events:us-east-1:123456789012:rule/{schedule.name}"],
        "detail": {},
    }
