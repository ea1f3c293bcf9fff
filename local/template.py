"""Reads template.yaml: everything is taken from there, so a route or trigger that is added works locally at once."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from local.declared import Bucket, BucketTrigger, Cors, Function, Route, Schedule, Template
from local.intrinsics import Evaluator, dig

_SERVERLESS_FUNCTION = "AWS::Serverless::Function"


class _Reader:
    def __init__(self, path: Path, evaluate: Evaluator) -> None:
        self.root = path.parent
        self.raw = evaluate.template
        self.evaluate = evaluate
        self.globals = self.raw.get("Globals", {})

    def resources(self, kind: str) -> dict[str, dict[str, Any]]:
        return {
            name: resource.get("Properties", {})
            for name, resource in self.raw["Resources"].items()
            if resource["Type"] == kind and ("Condition" not in resource or self.evaluate.condition(resource["Condition"]))
        }

    def function(self, name: str, properties: dict[str, Any]) -> Function:
        everyone = self.globals.get("Function", {})
        own = {**everyone, **properties}
        variables = {
            **(dig(everyone, "Environment", "Variables") or {}),
            **(dig(properties, "Environment", "Variables") or {}),
        }
        layers = [*everyone.get("Layers", []), *properties.get("Layers", [])]
        found = (
            dig(self.raw["Resources"], layer["Ref"], "Properties", "ContentUri")
            for layer in layers
            if isinstance(layer, dict) and "Ref" in layer
        )
        return Function(
            name=name,
            handler=own["Handler"],
            folder=self.root / own.get("CodeUri", "."),
            timeout=int(self.evaluate(own.get("Timeout", 3))),
            memory=int(self.evaluate(own.get("MemorySize", 128))),
            environment={key: _text(value) for key, value in self.evaluate(variables).items()},
            layers=tuple(self.root / content for content in found if isinstance(content, str)),
            most_containers=int(self.evaluate(own.get("ReservedConcurrentExecutions", 0)) or 0),
            retries=int(self.evaluate(dig(own, "EventInvokeConfig", "MaximumRetryAttempts") if "EventInvokeConfig" in own else 2) or 0),
        )

    def events(self, *kinds: str) -> list[tuple[str, str, str, dict[str, Any]]]:
        """(function, event name, kind, properties) of each event of these kinds."""
        return [
            (name, event_name, event["Type"], event.get("Properties", {}))
            for name, properties in self.resources(_SERVERLESS_FUNCTION).items()
            for event_name, event in properties.get("Events", {}).items()
            if event["Type"] in kinds
        ]

    def routes(self) -> list[Route]:
        apis = self.resources("AWS::Serverless::HttpApi").values()
        default = any(dig(api, "Auth", "DefaultAuthorizer") for api in [*apis, self.globals.get("HttpApi", {})])
        found = []
        for function, _, _, event in self.events("HttpApi"):
            named = dig(event, "Auth", "Authorizer")
            path, method = event.get("Path", "$default"), event.get("Method", "ANY").upper()
            found.append(
                Route(
                    "ANY" if method == "X-AMAZON-APIGATEWAY-ANY-METHOD" else method,
                    path,
                    function,
                    (named or default) != "NONE" and bool(named or default),
                )
            )
        return sorted(found, key=lambda route: route.rank)

    def buckets(self) -> list[Bucket]:
        found = []
        for owner, raw in self.resources("AWS::S3::Bucket").items():
            properties = self.evaluate(raw)
            rules = dig(properties, "CorsConfiguration", "CorsRules") or []
            found.append(
                Bucket(
                    owner=owner,
                    name=self.evaluate({"Ref": owner}),
                    versioned=dig(properties, "VersioningConfiguration", "Status") == "Enabled",
                    cors=tuple(_bucket_cors(rule) for rule in rules),
                )
            )
        return found

    def triggers(self) -> list[BucketTrigger]:
        found = []
        for function, event_name, _, raw in self.events("S3"):
            event = self.evaluate(raw)
            rules = {rule["Name"].lower(): rule["Value"] for rule in dig(event, "Filter", "S3Key", "Rules") or []}
            events = event["Events"] if isinstance(event["Events"], list) else [event["Events"]]
            found.append(
                BucketTrigger(event_name, function, event["Bucket"], tuple(events), rules.get("prefix", ""), rules.get("suffix", ""))
            )
        for raw in self.resources("AWS::S3::Bucket"):
            found += self._notifications(raw)
        return found

    def _notifications(self, owner: str) -> list[BucketTrigger]:
        """The triggers that a bucket itself declares, in plain CloudFormation."""
        configured = self.evaluate(
            dig(self.raw["Resources"], owner, "Properties", "NotificationConfiguration", "LambdaConfigurations") or []
        )
        found = []
        for number, entry in enumerate(configured):
            rules = {rule["Name"].lower(): rule["Value"] for rule in dig(entry, "Filter", "S3Key", "Rules") or []}
            function = entry["Function"].rsplit(":", 1)[-1]
            found.append(
                BucketTrigger(
                    f"{owner}{number}",
                    function,
                    self.evaluate({"Ref": owner}),
                    (entry["Event"],),
                    rules.get("prefix", ""),
                    rules.get("suffix", ""),
                )
            )
        return found

    def schedules(self) -> list[Schedule]:
        found = []
        for function, name, kind, raw in self.events("Schedule", "ScheduleV2"):
            event = self.evaluate(raw)
            if event.get("Enabled", True) and event.get("State", "ENABLED") == "ENABLED":
                expression = event.get("Schedule") or event["ScheduleExpression"]
                found.append(
                    Schedule(name, function, expression, event.get("Input"), "aws.scheduler" if kind == "ScheduleV2" else "aws.events")
                )
        return found

    def api_cors(self) -> Cors | None:
        apis = [*self.resources("AWS::Serverless::HttpApi").values(), self.globals.get("HttpApi", {})]
        declared = next((self.evaluate(api["CorsConfiguration"]) for api in apis if api.get("CorsConfiguration")), None)
        if declared is None:
            return None
        if declared is True:
            return Cors(("*",), ("*",), ("*",))
        return Cors(
            origins=tuple(declared.get("AllowOrigins", ())),
            methods=tuple(declared.get("AllowMethods", ())),
            headers=tuple(declared.get("AllowHeaders", ())),
            expose=tuple(declared.get("ExposeHeaders", ())),
            max_age=int(declared.get("MaxAge", 0)),
            credentials=bool(declared.get("AllowCredentials", False)),
        )

    def custom_resources(self) -> list[tuple[str, Mapping[str, Any]]]:
        """(function, properties) of each resource that a deploy makes by calling one of our functions."""
        found = []
        for name, resource in self.raw["Resources"].items():
            if resource["Type"].startswith("Custom::") or resource["Type"] == "AWS::CloudFormation::CustomResource":
                properties = self.evaluate(self.resources(resource["Type"]).get(name, {}))
                if "ServiceToken" in properties:
                    found.append((properties["ServiceToken"].rsplit(":", 1)[-1], properties))
        return found


def read(path: Path, evaluate: Evaluator) -> Template:
    """Everything the runner needs of a template, with `evaluate` supplying what CloudFormation would."""
    reader = _Reader(path, evaluate)
    return Template(
        functions={name: reader.function(name, properties) for name, properties in reader.resources(_SERVERLESS_FUNCTION).items()},
        routes=tuple(reader.routes()),
        triggers=tuple(reader.triggers()),
        schedules=tuple(reader.schedules()),
        buckets=tuple(reader.buckets()),
        api_cors=reader.api_cors(),
        custom_resources=tuple(reader.custom_resources()),
    )


def _bucket_cors(rule: Mapping[str, Any]) -> Cors:
    return Cors(
        origins=tuple(rule.get("AllowedOrigins", ())),
        methods=tuple(rule.get("AllowedMethods", ())),
        headers=tuple(rule.get("AllowedHeaders", ())),
        expose=tuple(rule.get("ExposedHeaders", ())),
        max_age=int(rule.get("MaxAge", 0)),
    )


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
