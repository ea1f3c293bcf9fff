"""What CloudFormation and Lambda would have put into the template's blanks and into each function's environment.

This table is all that a function can see of running here: it holds values, and no function branches on them.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from psycopg.conninfo import conninfo_to_dict

from local.declared import Function, Template
from local.intrinsics import Evaluator, load
from local.template import read
from local.triggers import Access

CLIENT_ID = "takeback-page"
REGION = "us-east-1"
STACK = "takeback"
_ACCOUNT = "123456789012"
_STACK_ID = f"arn:aws:cloudformation:{REGION}:{_ACCOUNT}:stack/{STACK}/local"


@dataclass(frozen=True, slots=True)
class Database:
    """Where PostgreSQL is. `url` belongs to its owner; `app_password` is for the roles that the migrations make."""

    url: str
    app_password: str | None = None

    @property
    def parts(self) -> dict[str, Any]:
        """The URL taken apart: host, port, dbname, user, password, sslmode."""
        return {"host": "127.0.0.1", "port": "5432", "dbname": "postgres", "sslmode": "prefer", **conninfo_to_dict(self.url)}


def read_template(path: Path, api: str, issuer: str) -> Template:
    """template.yaml as it is on this machine: `api` is the gateway's address, `issuer` the sign-in's."""
    raw = load(path)
    parameters = {"OidcIssuer": issuer, "OidcClientId": CLIENT_ID}
    pseudo = {
        "AWS::AccountId": _ACCOUNT,
        "AWS::Partition": "aws",
        "AWS::Region": REGION,
        "AWS::StackId": _STACK_ID,
        "AWS::StackName": STACK,
        "AWS::URLSuffix": "amazonaws.com",
    }
    bucket_names = {
        name: resource["Properties"]["BucketName"]
        for name, resource in raw["Resources"].items()
        if resource["Type"] == "AWS::S3::Bucket" and "BucketName" in resource.get("Properties", {})
    }

    def resource(kind: str, name: str, attribute: str) -> Any:
        match kind, attribute:
            case "AWS::S3::Bucket", "":
                return evaluate(bucket_names.get(name, f"{STACK}-{name.lower()}"))
            case "AWS::S3::Bucket", "Arn":
                return f"arn:aws:s3:::{resource(kind, name, '')}"
            case "AWS::Serverless::Function", "Arn":
                return f"arn:aws:lambda:{REGION}:{_ACCOUNT}:function:{name}"
            case "AWS::Cognito::UserPoolClient", "":
                return CLIENT_ID
            case "AWS::Serverless::HttpApi" | "AWS::ApiGatewayV2::Api", "ApiEndpoint":
                return api
            case _:
                return f"{name}.{attribute}" if attribute else name

    evaluate = Evaluator(raw, parameters, resource, pseudo)
    return read(path, evaluate)


def environments(template: Template, root: Path, issuer: str, s3: Access, database: Database) -> dict[str, dict[str, str]]:
    """Every function's whole environment, by logical id."""
    owners = {function for function, _ in template.custom_resources}
    return {
        name: {
            **_lambda_variables(function),
            **function.environment,
            **_aws_variables(s3),
            **_here(function, root, issuer, s3),
            **(_database_variables(function, database, is_owner=name in owners) if "PGHOST" in function.environment else {}),
        }
        for name, function in template.functions.items()
    }


def _lambda_variables(function: Function) -> dict[str, str]:
    """What Lambda sets. https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html."""
    imported = [function.folder, *(layer for layer in function.layers if any(layer.glob("*/__init__.py")))]
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "PYTHONPATH": os.pathsep.join(map(str, imported)),
        "AWS_EXECUTION_ENV": f"AWS_Lambda_python{sys.version_info.major}.{sys.version_info.minor}",
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory),
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{function.name}",
        "AWS_LAMBDA_LOG_STREAM_NAME": "local",
        "POWERTOOLS_TRACE_DISABLED": "true",  # nobody here takes traces
    }


def _aws_variables(s3: Access) -> dict[str, str]:
    """Credentials and endpoint, and nothing from files in somebody's home folder."""
    return {
        "AWS_REGION": s3.region,
        "AWS_DEFAULT_REGION": s3.region,
        "AWS_ACCESS_KEY_ID": s3.access_key_id,
        "AWS_SECRET_ACCESS_KEY": s3.secret_access_key,
        **({"AWS_SESSION_TOKEN": s3.session_token} if s3.session_token else {}),
        "AWS_ENDPOINT_URL_S3": s3.endpoint,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def _here(function: Function, root: Path, issuer: str, s3: Access) -> dict[str, str]:
    """The variables whose value is another one on this machine: the sign-in, the store, and what layers put under /opt."""
    addresses: Mapping[str, str] = {"OIDC_ISSUER": issuer, "OIDC_CLIENT_ID": CLIENT_ID, "CONNECT_SOURCES": s3.endpoint}
    found = {name: value for name, value in addresses.items() if name in function.environment}
    for name, value in function.environment.items():
        if value.startswith("/opt/") and not name.startswith(("AWS_", "PG")):
            inner = value.removeprefix("/opt/")
            places = [place for layer in function.layers for place in (layer / inner, layer.parent / inner)]
            found[name] = str(next((place for place in places if place.exists()), root / inner))
    return found


def _database_variables(function: Function, database: Database, *, is_owner: bool) -> dict[str, str]:
    parts = database.parts
    user = parts.get("user", "postgres") if is_owner else function.environment["PGUSER"]
    password = parts.get("password") if is_owner else database.app_password
    return {
        "PGHOST": str(parts["host"]),
        "PGPORT": str(parts["port"]),
        "PGDATABASE": str(parts["dbname"]),
        "PGSSLMODE": str(parts["sslmode"]),
        "PGSSLROOTCERT": str(parts.get("sslrootcert", "")),
        "PGUSER": str(user),
        **({"PGPASSWORD": str(password)} if password else {}),
    }
