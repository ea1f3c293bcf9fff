"""Starts the parts in order, and ends them in the reverse order whatever happens."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from joserfc.errors import JoseError
from werkzeug.serving import WSGIRequestHandler, make_server

from local import services
from local.declared import Template
from local.environment import CLIENT_ID, Database, environments, read_template
from local.events import Delivered, Events
from local.gateway import Gateway, Served
from local.lambdas import Lambdas
from local.oidc import Provider
from local.postgres import Postgres
from local.seed import PEOPLE, seed, set_password
from local.services import HOST, CannotStart, StandIn
from local.tokens import Issuer
from local.triggers import Access, BucketEvents, BucketWatch, Clock

ROOT = Path(__file__).resolve().parent.parent


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
        api = f"http://{HOST}:{listening.getsockname()[1]}"
        issuer = _issuer(api, data / "keys")
        declared = read_template(template, api, issuer.url)
        s3, stand_in = services.file_store(data, declared, api, parts, say)
        database, postgres = services.database(data, parts, say)
        lambdas = parts.enter_context(
            Lambdas(declared.functions, environments(declared, template.parent, issuer.url, s3, database), data / "logs")
        )
        gateway = Gateway(declared, lambdas, issuer, Provider(issuer, [person.user for person in PEOPLE]), report)
        parts.callback(gateway.close)
        _serve(gateway, listening, parts)
        _deploy(declared, lambdas, gateway, api, database, say)
        if stand_in:
            stand_in.wait()
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
        listening.bind((HOST, port))
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


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 - werkzeug's name
        """The gateway reports in its own words."""


def _serve(gateway: Gateway, listening: socket.socket, parts: ExitStack) -> None:
    server = make_server(HOST, 0, gateway, threaded=True, request_handler=_Quiet, fd=listening.fileno())
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
                "ServiceToken": properties["ServiceToken"],
                "ResourceProperties": dict(properties),
            },
        )
        said = gateway.deployed.pop(request_id, {})
        if outcome.error or said.get("Status") != "SUCCESS":
            reason = outcome.error["errorMessage"] if outcome.error else said.get("Reason", "it did not say how it ended")
            raise CannotStart(
                f"{function} failed: {reason} (the log: logs/{function}.log in the data folder). "
                "If an unfinished version made this folder, name another: make run DATA_DIR=…"
            )
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


def _stopped(stand_in: StandIn | None, postgres: Postgres | None) -> str | None:
    if stand_in and stand_in.has_stopped:
        return "The S3 stand-in"
    if postgres and not (postgres.data / "postmaster.pid").exists():
        return "PostgreSQL"
    return None
