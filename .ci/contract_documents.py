"""Writes the vendors' OpenAPI documents as JSON, and closed: an object may have the properties that its schema names, and no others.

    python .ci/contract_documents.py SPECS OUT

OpenAPI lets every object have more than is written down. So a key of ours that is misspelt would break nothing, and nobody would
have to say which fields are newer than the document.
"""

import json
import sys
from pathlib import Path

import yaml

# tests/contract/document.rs has the same names, with other suffixes.
DOCUMENTS = [
    "personio/v1/personio-auth-api.yaml",
    "personio/v1/personio-personnel-data-api-oa3.yaml",
    "personio/v2/credentials-service-api-v2.json",
    "kombo/kombo-hris-subset.openapi.json",
    "reteach/reteach-openapi-2023-04.json",
]


def parts(node):
    """Every object of the document, itself included."""
    if isinstance(node, dict):
        yield node
        node = list(node.values())
    if isinstance(node, list):
        for part in node:
            yield from parts(part)


def resolved(document, schema):
    while "$ref" in schema:
        found = document
        for name in schema["$ref"].removeprefix("#/").split("/"):
            found = found[name.replace("~1", "/").replace("~0", "~")]
        schema = found
    return schema


def close(document):
    # Each of several schemas that hold together names a part of the properties alone.
    shared = [part["allOf"] for part in parts(document) if len(part.get("allOf") or []) > 1]
    open_ones = {id(resolved(document, schema)) for schemas in shared for schema in schemas}
    for part in list(parts(document)):
        is_schema = part.get("type", "object") == "object" and isinstance(part.get("properties"), dict) and part["properties"]
        if is_schema and id(part) not in open_ones:
            part.setdefault("additionalProperties", False)


def main(specs, out):
    for name in DOCUMENTS:
        # JSON is YAML. Days and the like stay the text that they are.
        document = yaml.load((specs / name).read_text(encoding="utf-8"), Loader=Texts)
        close(document)
        path = out / Path(name).with_suffix(".json")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(document), encoding="utf-8")


class Texts(yaml.SafeLoader):
    """Without YAML's own dates, and with JSON's keys."""


Texts.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}

main(Path(sys.argv[1]), Path(sys.argv[2]))
