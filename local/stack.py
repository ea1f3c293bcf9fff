"""Starts the parts in order, and ends them in the reverse order whatever happens."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any
from uuid import uuid4

import boto3
import psycopg
from botocore.exceptions import BotoCoreError, ClientError
from joserfc.errors import JoseError
from werkzeug.serving import WSGIRequestHandler, make_server

from local.environment import CLIENT_ID, REGION, Database, environments, read_template
from local.events import Delivered, Events
from local.gateway import Gateway, Served
from local.lambdas import Lambdas
from local.oidc import Provider
from local.postgres import Postgres, PostgresFailed
from local.seed import PEOPLE, new_password, seed, set_password
from local.template import Template
from local.tokens import Issuer
from local.triggers import Access, BucketEvents, BucketWatch, Clock

ROOT = Path(__file__).resolve().parent.parent
_HOST = "127.0.0.1"


class CannotStart(Exception):
    """Something that the stack needs is not there; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Running:
    """A stack that is up. `facts` is what stack.json holds."""

    facts: dict[str, Any]
    alive: Callable[[], str | None]  # the name of a part that has stopped by itself, else None


@contextlib.contextmanager
def stack(
    data: Path, port: int, say: Callable[[str], None], report: Callable[[Served | Delivered], None], template: Path = ROOT / "template.yaml"
) -> Iterator[Running]:
    """A running stack on a data folder. `port` 0 takes a free one. Raises `CannotStart`."""
    data, template = data.absolute(), template.absolute()
    with ExitStack() as parts:
        _claim(data, parts)
        (data / "stack.json").unlink(missing_ok=True)
        listening = _listen(port, parts)
        api = f"http://{_HOST}:{listening.getsockname()[1]}"
        issuer = _issuer(api, data / "keys")
        declared = read_template(template, api, issuer.url)
        s3, stand_in = _s3(data, declared, api, parts, say)
        database, postgres = _database(data, parts, say)
        lambdas = parts.enter_context(
            Lambdas(declared.functions, environments(declared, template.parent, issuer.url, s3, database), data / "logs")
        )
        gateway = Gateway(declared, lambdas, issuer, Provider(issuer, [person.user for person in PEOPLE]), report)
        parts.callback(gateway.close)
        _serve(gateway, listening, parts)
        _deploy(declared, lambdas, gateway, api, database, say)
        if stand_in:
            _await_stand_in(stand_in, data)
        events = Events(data, lambdas, declared.functions, report)
        parts.callback(events.close)
        events.resume()
        watch = BucketEvents(s3, declared.triggers, events) if stand_in else BucketWatch(s3, declared.triggers, events)
        clock = Clock(declared.schedules, events)
        for part in (watch, clock):
            parts.callback(part.close)
            part.start()
        facts = _facts(api, s3, declared, database, issuer)
        _write_facts(data / "stack.json", facts, parts)
        threading.Thread(target=lambdas.warm, daemon=True, name="warm").start()
        yield Running(facts, lambda: _stopped(stand_in, postgres))


def _claim(data: Path, parts: ExitStack) -> None:
    """The data folder, for this run alone."""
    try:
        data.mkdir(parents=True, exist_ok=True)
        lock = parts.enter_context((data / "lock").open("a+"))
    except OSError as error:
        raise CannotStart(f"The data folder {data} cannot be used ({error.strerror}). Name another one: make run DATA_DIR=…") from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.seek(0)
        raise CannotStart(
            f"A stack already runs on {data} (process {lock.read().strip()}). Stop it, or name another folder: make run DATA_DIR=…"
        ) from None
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()


def _listen(port: int, parts: ExitStack) -> socket.socket:
    listening = parts.enter_context(socket.socket())
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((_HOST, port))
    except (OSError, OverflowError) as error:
        if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
            raise CannotStart(f"Port {port} is in use by another program. Stop that, or take another: make run PORT={port + 1}") from None
        raise CannotStart(f"Port {port} cannot be used ({error}). Take another: make run PORT=8000") from None
    listening.listen(128)
    return listening


def _issuer(api: str, folder: Path) -> Issuer:
    try:
        return Issuer(f"{api}/local/oidc", CLIENT_ID, folder)
    except (ValueError, OSError, JoseError):
        raise CannotStart(f"{folder / 'issuer.json'} is broken. Delete it: a new one is made, and people sign in again.") from None


def _database(data: Path, parts: ExitStack, say: Callable[[str], None]) -> tuple[Database, Postgres | None]:
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


def _s3(
    data: Path, template: Template, api: str, parts: ExitStack, say: Callable[[str], None]
) -> tuple[Access, subprocess.Popen[str] | None]:
    given = os.environ.get("AWS_ENDPOINT_URL_S3")
    if given:
        say("Using the S3 of AWS_ENDPOINT_URL_S3")
        return _given_s3(given, template), None
    say("Starting the S3 stand-in")
    access = ("AKIALOCALTAKEBACK000", "local-secret-that-opens-nothing-else")
    origins = (api, api.replace(_HOST, "localhost"))
    config = {
        "folder": str((data / "s3").absolute()),
        "region": REGION,
        "access_key_id": access[0],
        "secret_access_key": access[1],
        "buckets": [
            {"name": bucket.name, "versioned": bucket.versioned, "cors": [{**asdict(rule), "origins": origins} for rule in bucket.cors]}
            for bucket in template.buckets
        ],
    }
    log = parts.enter_context((data / "s3.log").open("ab"))
    with socket.socket() as listening:
        # The socket is made here so that the address is known at once; whoever calls early waits a moment.
        listening.bind((_HOST, 0))
        listening.listen(128)
        child = subprocess.Popen(
            [sys.executable, "-m", "local.s3", json.dumps(config), str(listening.fileno())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            pass_fds=[listening.fileno()],
            text=True,
            cwd=ROOT,
            start_new_session=True,
        )
        parts.callback(_end, child)
        return Access(f"http://{_HOST}:{listening.getsockname()[1]}", REGION, *access), child


def _await_stand_in(child: subprocess.Popen[str], data: Path) -> None:
    said = _output(child).readline().strip()
    if said != "ready":
        raise CannotStart(said or f"The S3 stand-in did not start; {data / 's3.log'} says why.")


def _given_s3(endpoint: str, template: Template) -> Access:
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


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 - werkzeug's name
        """The gateway reports in its own words."""


def _serve(gateway: Gateway, listening: socket.socket, parts: ExitStack) -> None:
    server = make_server(_HOST, 0, gateway, threaded=True, request_handler=_Quiet, fd=listening.fileno())
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True, name="gateway").start()
    parts.callback(server.shutdown)


def _deploy(template: Template, lambdas: Lambdas, gateway: Gateway, api: str, database: Database, say: Callable[[str], None]) -> None:
    """Make the template's custom resources as CloudFormation does, and the people who can sign in."""
    say("Migrating the database")
    for function, properties in template.custom_resources:
        request_id = str(uuid4())
        outcome = lambdas.invoke(
            function,
            {
                "RequestType": "Create",
                "ResponseURL": f"{api}/local/deployed/{request_id}",
                "StackId": "arn:aws:cloudformation:us-east-1:123456789012:stack/takeback/local",
                "RequestId": request_id,
                "LogicalResourceId": function,
                "ResourceType": "AWS::CloudFormation::CustomResource",
                "ResourceProperties": dict(properties),
            },
        )
        said = gateway.deployed.pop(request_id, {})
        if outcome.error or said.get("Status") != "SUCCESS":
            reason = outcome.error["errorMessage"] if outcome.error else said.get("Reason", "it did not say how it ended")
            raise CannotStart(f"{function} failed: {reason} Its log is logs/{function}.log in the data folder.")
    if database.app_password:
        owners = {function for function, _ in template.custom_resources}
        users = {name: function.environment["PGUSER"] for name, function in template.functions.items() if "PGUSER" in function.environment}
        set_password(database, {user for name, user in users.items() if name not in owners})
    seed(database)


def _facts(api: str, s3: Access, template: Template, database: Database, issuer: Issuer) -> dict[str, Any]:
    now = time.time()
    return {
        "api": api,
        "s3": s3.endpoint,
        "bucket": next(function.environment["BUCKET"] for function in template.functions.values() if "BUCKET" in function.environment),
        "database_url": database.url,
        "users": {
            person.user.name: {
                "token": issuer.access_token(person.user, now),
                "user_id": person.user.user_id,
                "org_id": str(person.org_id),
                "account_id": str(person.account_id),
            }
            for person in PEOPLE
        },
    }


def _write_facts(path: Path, facts: dict[str, Any], parts: ExitStack) -> None:
    """For this user's eyes: it holds tokens. It is there exactly while the stack runs."""
    unfinished = path.with_suffix(".new")
    unfinished.unlink(missing_ok=True)
    unfinished.touch(mode=0o600)
    unfinished.write_text(json.dumps(facts, indent=2))
    unfinished.rename(path)
    parts.callback(path.unlink, missing_ok=True)


def _stopped(stand_in: subprocess.Popen[str] | None, postgres: Postgres | None) -> str | None:
    if stand_in and stand_in.poll() is not None:
        return "The S3 stand-in"
    if postgres and not (postgres.data / "postmaster.pid").exists():
        return "PostgreSQL"
    return None


def _output(child: subprocess.Popen[str]) -> IO[str]:
    assert child.stdout is not None  # noqa: S101 - it was started with a pipe
    return child.stdout


def _end(child: subprocess.Popen[str]) -> None:
    """Closing its input asks the child to leave."""
    if child.stdin:
        child.stdin.close()
    try:
        child.wait(5)
    except subprocess.TimeoutExpired:
        child.send_signal(signal.SIGKILL)
        child.wait()
    _output(child).close()
