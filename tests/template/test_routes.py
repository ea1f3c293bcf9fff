"""The template's routes and the resolvers' are the same, and none but the page's is open."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
# DESIGN, section 2: pages and scripts of others depend on these.
CONTRACT = {
    "GET /import/accounts",
    "GET /import/record-types",
    "GET /import/template.csv",
    "GET /import/template.xlsx",
    "POST /import/uploads",
    "GET /import/uploads/{batch_id}/preview",
    "GET /import/uploads/{batch_id}/errors",
    "DELETE /import/uploads/{batch_id}",
    "POST /import/records/validate",
    "POST /import/records/commit",
    "GET /import/batches",
    "GET /import/batches/{batch_id}",
    "GET /import/batches/{batch_id}/records",
    "POST /import/batches/{batch_id}/rollback",
    "POST /import/batches/{batch_id}/disable-rollback",
    "GET /",
    "GET /openapi.json",
    "GET /docs",
}
OPEN = {"GET /", "GET /config.json", "GET /assets/{name}", "GET /openapi.json", "GET /docs"}


def _routes(written: dict[str, Any]) -> dict[str, set[str]]:
    """`METHOD /path` of every route, by the file of the function that the template sends it to."""
    found: dict[str, set[str]] = {}
    for resource in written["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            events = resource["Properties"].get("Events", {}).values()
            routes = {f"{e['Properties']['Method']} {e['Properties']['Path']}" for e in events if e["Type"] == "HttpApi"}
            found[resource["Properties"]["Handler"].removesuffix(".handler")] = routes
    return found


def _answered(file: str) -> set[str]:
    """`METHOD /path` of every route that the function's own resolver knows."""
    spec = importlib.util.spec_from_file_location(f"resolver_of_{file}", ROOT / "functions" / f"{file}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    app = getattr(module, "app", None)
    if app is None:
        return set()
    return {
        f"{method} {route.path.replace('<', '{').replace('>', '}')}"
        for route in [*app._static_routes, *app._dynamic_routes]
        for method in ([route.method] if isinstance(route.method, str) else route.method)
    }


@pytest.mark.parametrize("file", sorted(file.stem for file in (ROOT / "functions").glob("*.py")))
def test_a_function_answers_exactly_the_routes_that_lead_to_it(written: dict[str, Any], file: str) -> None:
    assert _answered(file) == _routes(written)[file]


def test_the_contract_is_there(written: dict[str, Any]) -> None:
    assert set().union(*_routes(written).values()) >= CONTRACT


def test_every_route_needs_a_token_but_the_pages(transformed: dict[str, Any]) -> None:
    body = transformed["Resources"]["Api"]["Properties"]["Body"]
    security = {
        f"{method.upper()} {path}": operation.get("security")
        for path, methods in body["paths"].items()
        for method, operation in methods.items()
        if method in {"get", "post", "put", "patch", "delete", "head", "x-amazon-apigateway-any-method"}
    }

    assert {route for route, asked in security.items() if asked == [{"Jwt": []}]} == set(security) - OPEN
    assert all(not any("Jwt" in entry for entry in security[route] or []) for route in OPEN)


def test_tokens_are_judged_by_issuer_and_audience(deployed: dict[str, Any], deploy: Any) -> None:
    def jwt(resources: dict[str, Any]) -> dict[str, Any]:
        return resources["Api"]["Properties"]["Body"]["components"]["securitySchemes"]["Jwt"]["x-amazon-apigateway-authorizer"]

    made, own = jwt(deployed), jwt(deploy({"OidcIssuer": "https://login.example.com/t", "OidcClientId": "page"}))

    assert made["identitySource"] == own["identitySource"] == "$request.header.Authorization"
    assert made["jwtConfiguration"] == {
        "issuer": "https://cognito-idp.eu-central-1.amazonaws.com/<UserPool>",
        "audience": ["<UserPoolClient>"],
    }
    assert own["jwtConfiguration"] == {"issuer": "https://login.example.com/t", "audience": ["page"]}


def test_functions_get_events_of_version_2(transformed: dict[str, Any]) -> None:
    paths = transformed["Resources"]["Api"]["Properties"]["Body"]["paths"]
    integrations = [
        operation["x-amazon-apigateway-integration"]
        for methods in paths.values()
        for operation in methods.values()
        if "x-amazon-apigateway-integration" in operation
    ]

    assert {integration["payloadFormatVersion"] for integration in integrations} == {"2.0"}


def test_every_stage_is_throttled_and_logged_without_naming_who_called(deployed: dict[str, Any]) -> None:
    stages = [resource["Properties"] for resource in deployed.values() if resource["Type"] == "AWS::ApiGatewayV2::Stage"]

    assert len(stages) == 2
    for stage in stages:
        assert stage["DefaultRouteSettings"] == {"ThrottlingRateLimit": 100, "ThrottlingBurstLimit": 100}
        assert stage["AccessLogSettings"]["DestinationArn"] == "<AccessLogs.Arn>"
        assert not re.findall(r"claims|authorization|queryString", stage["AccessLogSettings"]["Format"], re.IGNORECASE)


def test_other_sites_may_call_only_when_they_are_named(written: dict[str, Any], transformed: dict[str, Any]) -> None:
    made = transformed["Resources"]["Api"]["Properties"]["Body"]["x-amazon-apigateway-cors"]
    asked, when_named, else_nobody = made["Fn::If"]

    assert (asked, else_nobody) == ("HasPageOrigins", {"allowOrigins": ["https://none.invalid"]})
    assert set(when_named) == {"allowOrigins", "allowMethods", "allowHeaders", "exposeHeaders", "maxAge"}
    (_, origins, _) = written["Resources"]["Api"]["Properties"]["CorsConfiguration"]["Fn::If"]
    assert origins["AllowOrigins"] == {"Fn::Split": [",", {"Ref": "PageOrigins"}]}
    assert set(origins["AllowMethods"]) == {route.split()[0] for routes in _routes(written).values() for route in routes}
    assert origins["AllowHeaders"] == ["authorization", "content-type"]


def test_the_front_passes_on_the_path_that_was_asked_for(deployed: dict[str, Any]) -> None:
    assert deployed["FrontToApi"]["Properties"]["RequestParameters"] == {"overwrite:path": "$request.path"}
    assert deployed["FrontToApi"]["Properties"]["IntegrationUri"] == "https://<Api>.execute-api.eu-central-1.amazonaws.com"
