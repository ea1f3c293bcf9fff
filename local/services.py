"""PostgreSQL and S3: embedded ones, or those that DATABASE_URL and AWS_ENDPOINT_URL_S3 name."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path

import boto3
import psycopg
from botocore.exceptions import BotoCoreError, ClientError

from local.declared import Template
from local.environment import REGION, Database
from local.postgres import Postgres, PostgresFailed
from local.seed import new_password
from local.triggers import Access

HOST = "127.0.0.1"
_SECONDS_TO_LEAVE = 5
_ROOT = Path(__file__).resolve().parent.parent


class CannotStart(Exception):
    """Something that the stack needs is not there; the message says what to do."""


def database(data: Path, parts: ExitStack, say: Callable[[str], None]) -> tuple[Database, Postgres | None]:
    """Where PostgreSQL is, and our own server unless DATABASE_URL names another. It is up, and empty at first."""
    given = os.environ.get("DATABASE_URL")
    if given:
        say("Using the PostgreSQL of DATABASE_URL")
        try:
            psycopg.connect(given, connect_timeout=10).close()
        except psycopg.Error as error:
            raise CannotStart(f"The PostgreSQL of DATABASE_URL cannot be used: {' '.join(str(error).split())}") from None
        return Database(given, new_password()), None
    say("Starting PostgreSQL")
    server = Postgres(data / "postgres")
    parts.callback(server.stop)
    try:
        server.start()
    except PostgresFailed as failed:
        raise CannotStart(str(failed)) from None
    with psycopg.connect(server.url(), autocommit=True) as connection:
        if connection.execute("select 1 from pg_database where datname = 'takeback'").fetchone() is None:
            connection.execute("create database takeback")
    return Database(server.url("takeback")), server


class StandIn:
    """Our own S3, in a process of its own. Its address is known at once; whoever calls early waits a moment."""

    def __init__(self, data: Path, template: Template, api: str) -> None:
        key, secret = "AKIALOCALTAKEBACK000", "local-secret-that-opens-nothing-else"
        origins = (api, api.replace(HOST, "localhost"))
        config = {
            "folder": str(data / "s3"),
            "region": REGION,
            "access_key_id": key,
            "secret_access_key": secret,
            "buckets": [
                {"name": bucket.name, "versioned": bucket.versioned, "cors": [{**asdict(rule), "origins": origins} for rule in bucket.cors]}
                for bucket in template.buckets
            ],
        }
        self._log = data / "s3.log"
        with socket.socket() as listening, self._log.open("ab") as log:
            listening.bind((HOST, 0))
            listening.listen(128)
            self.access = Access(f"http://{HOST}:{listening.getsockname()[1]}", REGION, key, secret)
            self._process = subprocess.Popen(
                [sys.executable, "-m", "local.s3", json.dumps(config), str(listening.fileno())],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                pass_fds=[listening.fileno()],
                cwd=_ROOT,
                start_new_session=True,
            )

    def wait(self) -> None:
        """Until it is ready. Raises `CannotStart` with what it says instead."""
        assert self._process.stdout is not None  # noqa: S101 - it was started with a pipe
        said = self._process.stdout.readline().decode().strip()
        if said != "ready":
            raise CannotStart(said or f"The S3 stand-in did not start; {self._log} says why.")

    @property
    def has_stopped(self) -> bool:
        """Whether it ended by itself."""
        return self._process.poll() is not None

    def close(self) -> None:
        """End it. What it has taken is on disk by then: a version counts when its file has got its name."""
        self._process.terminate()
        try:
            self._process.communicate(timeout=_SECONDS_TO_LEAVE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()


def file_store(data: Path, template: Template, api: str, parts: ExitStack, say: Callable[[str], None]) -> tuple[Access, StandIn | None]:
    """How S3 is reached, and our stand-in unless AWS_ENDPOINT_URL_S3 names another; it may still be starting."""
    given = os.environ.get("AWS_ENDPOINT_URL_S3")
    if given:
        say("Using the S3 of AWS_ENDPOINT_URL_S3")
        return _given(given, template), None
    say("Starting the S3 stand-in")
    stand_in = StandIn(data, template, api)
    parts.callback(stand_in.close)
    return stand_in.access, stand_in


def _given(endpoint: str, template: Template) -> Access:
    """Somebody's own S3, with the credentials that boto3 finds; buckets that are missing are made."""
    found = boto3.session.Session().get_credentials()
    if found is None:
        raise CannotStart("AWS_ENDPOINT_URL_S3 is set, but no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY too.")
    region = os.environ.get("AWS_REGION", os.environ.get("AWS_DEFAULT_REGION", REGION))
    access = Access(endpoint, region, found.access_key, found.secret_key, found.token)
    client = access.client("s3")
    try:
        there = {bucket["Name"] for bucket in client.list_buckets()["Buckets"]}
        for bucket in template.buckets:
            if bucket.name not in there:
                client.create_bucket(Bucket=bucket.name)
            if bucket.versioned:
                client.put_bucket_versioning(Bucket=bucket.name, VersioningConfiguration={"Status": "Enabled"})
    except (BotoCoreError, ClientError) as error:
        raise CannotStart(f"The S3 of AWS_ENDPOINT_URL_S3 cannot be used: {error}") from None
    return access
