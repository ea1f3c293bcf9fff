"""Prints template.yaml as CloudFormation sees it after SAM's transform, as JSON. Run by .venv-tools' Python: see transformed()."""

from __future__ import annotations

import json
import sys

from samtranslator.parser.parser import Parser  # pyright: ignore[reportMissingImports]
from samtranslator.translator.translator import Translator  # pyright: ignore[reportMissingImports]
from samtranslator.yaml_helper import yaml_parse  # pyright: ignore[reportMissingImports]


class _Region:
    """The part of a boto3 session that the translator asks."""

    region_name = "eu-central-1"


def main(path: str) -> None:
    """Translate as the service does, with code where `sam package` would have put it."""
    with open(path, encoding="utf-8") as file:  # noqa: PTH123 - this runs outside the project's environment
        template = yaml_parse(file)
    for resource in template["Resources"].values():
        for place in ("CodeUri", "ContentUri"):
            if place in resource.get("Properties", {}):
                resource["Properties"][place] = "s3://code/" + resource["Properties"][place]
    template["Globals"]["Function"]["CodeUri"] = "s3://code/functions"
    translator = Translator({}, Parser(), boto_session=_Region())
    json.dump(translator.translate(template, parameter_values={}), sys.stdout)


main(sys.argv[1])
