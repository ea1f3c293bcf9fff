"""template.yaml as CloudFormation would see it: its tags read, its functions evaluated."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import reduce
from pathlib import Path
from typing import Any

import yaml

NO_VALUE = object()
_IN_SUB = re.compile(r"\$\{(!?)([^}]+)\}")


class _Loader(yaml.CSafeLoader):
    """YAML with CloudFormation's short tags, spelled out: `!Ref X` is `{"Ref": "X"}`."""


def _tag(loader: yaml.CSafeLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        assert isinstance(node, yaml.MappingNode)  # noqa: S101 - YAML has no fourth kind of node
        value = loader.construct_mapping(node, deep=True)
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in {"Ref", "Condition"} else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _tag)
# 2010-09-09 and the like stay the text that they are in a template.
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


def load(path: Path) -> dict[str, Any]:
    """The template as plain data; intrinsic functions are still to be evaluated."""
    return yaml.load(path.read_text(), Loader=_Loader)  # noqa: S506 - a SafeLoader with tags that build dicts


@dataclass(frozen=True, slots=True)
class Evaluator:
    """Evaluates what a template says, given what only CloudFormation would know.

    `parameters` replace the defaults of the template's; `resource(type, logical id, attribute)` says what `!Ref`
    (attribute "") or `!GetAtt` of a resource gives.
    """

    template: Mapping[str, Any]
    parameters: Mapping[str, Any]
    resource: Callable[[str, str, str], Any]
    pseudo: Mapping[str, str] = field(default_factory=dict)

    def __call__(self, value: Any) -> Any:
        if isinstance(value, list):
            return [item for item in map(self, value) if item is not NO_VALUE]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            name, argument = next(iter(value.items()))
            if name == "Ref":
                return self._ref(argument)
            if name == "Condition" and isinstance(argument, str):
                return self.condition(argument)
            if isinstance(name, str) and name.startswith("Fn::"):
                return self._call(name.removeprefix("Fn::"), argument)
        evaluated = {key: self(item) for key, item in value.items()}
        return {key: item for key, item in evaluated.items() if item is not NO_VALUE}

    def condition(self, name: str) -> bool:
        """Whether a named condition of the template holds."""
        return bool(self(self.template["Conditions"][name]))

    def _ref(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return NO_VALUE
        if name in self.pseudo:
            return self.pseudo[name]
        if name in self.template.get("Parameters", {}):
            return self.parameters.get(name, self.template["Parameters"][name].get("Default", ""))
        return self._attribute(name, "")

    def _attribute(self, name: str, attribute: str) -> Any:
        declared = self.template["Resources"].get(name)
        # SAM makes resources of its own, such as ServerlessHttpApi: they have no entry.
        return self.resource(declared["Type"] if declared else "", name, attribute)

    def _call(self, function: str, argument: Any) -> Any:
        if function == "If":
            name, yes, no = argument
            return self(yes if self.condition(name) else no)
        if function == "GetAtt":
            return self._attribute(argument[0], self(argument[1]))
        if function == "Sub":
            text, names = argument if isinstance(argument, list) else (argument, {})
            return _IN_SUB.sub(lambda match: self._in_sub(match, names), text)
        try:
            return _FUNCTIONS[function](self(argument))
        except KeyError:
            raise ValueError(f"template.yaml uses !{function}, which the local runner does not evaluate.") from None

    def _in_sub(self, match: re.Match[str], names: Mapping[str, Any]) -> str:
        literal, name = match.groups()
        if literal:
            return "${" + name + "}"
        if name in names:
            return str(self(names[name]))
        resource, _, attribute = name.partition(".")
        return str(self._attribute(resource, attribute) if attribute else self._ref(name))


_FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "Equals": lambda pair: pair[0] == pair[1],
    "Not": lambda one: not one[0],
    "And": all,
    "Or": any,
    "Contains": lambda pair: pair[1] in pair[0],
    "Join": lambda pair: pair[0].join(map(str, pair[1])),
    "Select": lambda pair: pair[1][int(pair[0])],
    "Split": lambda pair: pair[1].split(pair[0]),
    "Base64": lambda text: text,
    "GetAZs": lambda region: [f"{region or 'us-east-1'}{letter}" for letter in "abc"],
    "Cidr": lambda triple: [triple[0]] * int(triple[1]),
}


def dig(value: Any, *keys: str) -> Any:
    """The value under a path of keys, None where the path ends early."""
    return reduce(lambda inner, key: inner.get(key) if isinstance(inner, dict) else None, keys, value)
