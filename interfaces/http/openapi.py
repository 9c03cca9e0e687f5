"""The OpenAPI 3.1 document, made from the route table and the error catalogue."""

import re
from collections.abc import Iterable
from typing import Any

import msgspec

from interfaces.http.problems import ProblemDocument, catalogue
from interfaces.http.route import Route
from interfaces.http.routes import ROUTES

PLACE = re.compile(r"\{(\w+)\}")
TEMPLATE = "#/components/schemas/{name}"
KEY_NOTE = "1 to 255 visible ASCII characters. The same key is the same wish, for ever."


def openapi() -> dict[str, Any]:
    types = [kind for route in ROUTES for kind in (route.body, route.response) if kind]
    types.append(ProblemDocument)
    _, schemas = msgspec.json.schema_components(dict.fromkeys(types), ref_template=TEMPLATE)
    paths: dict[str, dict[str, Any]] = {}
    for route in ROUTES:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Proofmint",
            "version": "1",
            "description": "Deploys tokens, and says an outcome only when it is proven.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
            },
        },
    }


def _operation(route: Route) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": route.operation,
        "tags": [route.tag],
        "summary": route.summary,
        "parameters": [*_path(route), *_query(route), *_headers(route)],
        "responses": _problems(route.codes) | _answers(route),
        "security": [] if route.open else [{"bearer": []}],
    }
    if route.body is not None:
        content = {"application/json": {"schema": _reference(route.body)}}
        operation["requestBody"] = {"required": True, "content": content}
    return operation


def _answers(route: Route) -> dict[str, Any]:
    content = {
        kind: {"schema": _reference(route.response)} if "json" in kind else {}
        for kind in route.media_types
    }
    answer = {"description": route.summary, "content": content}
    return {str(status): answer for status in (route.status, route.or_status) if status}


def _problems(codes: Iterable[str]) -> dict[str, Any]:
    by_status: dict[str, list[str]] = {}
    for code in codes:
        by_status.setdefault(str(catalogue()[code].status), []).append(code)
    content = {"application/problem+json": {"schema": _reference(ProblemDocument)}}
    return {
        status: {"description": ", ".join(found), "content": content}
        for status, found in sorted(by_status.items())
    }


def _path(route: Route) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in PLACE.findall(route.path)
    ]


def _query(route: Route) -> list[dict[str, Any]]:
    if route.query is None:
        return []
    [schema], components = msgspec.json.schema_components([route.query], ref_template=TEMPLATE)
    properties = components[route.query.__name__]["properties"]
    inlined = {name: _inline(one, components) for name, one in properties.items()}
    assert schema
    return [
        {"name": name, "in": "query", "required": False, "schema": one}
        for name, one in inlined.items()
    ]


def _inline(schema: object, components: dict[str, Any]) -> object:
    """Put in what a schema refers to: parameters' own types are not components of the document."""
    if isinstance(schema, dict):
        if "$ref" in schema:
            return _inline(components[schema["$ref"].rpartition("/")[2]], components)
        return {name: _inline(value, components) for name, value in schema.items()}
    if isinstance(schema, list):
        return [_inline(value, components) for value in schema]
    return schema


def _headers(route: Route) -> list[dict[str, Any]]:
    if not route.keyed:
        return []
    schema = {"type": "string", "minLength": 1, "maxLength": 255}
    return [
        {
            "name": "Idempotency-Key",
            "in": "header",
            "required": True,
            "description": KEY_NOTE,
            "schema": schema,
        }
    ]


def _reference(kind: type[msgspec.Struct]) -> dict[str, str]:
    return {"$ref": TEMPLATE.format(name=kind.__name__)}
