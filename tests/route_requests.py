"""Requests made from the route table and the rows, and whether a route says how it answers."""

import re
from typing import Any
from uuid import uuid4

from falcon import testing

from interfaces.http.problems import catalogue
from interfaces.http.route import Route
from interfaces.http.routes import ROUTES
from tests.actors import Stage
from tests.route_rows import ROWS

BY_NAME = {route.operation: route for route in ROUTES}
BY_ID = [name for name, route in BY_NAME.items() if "{" in route.path]
PLACE = re.compile(r"\{(\w+)\}")


def asked(
    on: Stage, route: Route, actor: str, ids: dict[str, str], body: Any = None, **more: Any
) -> testing.Result:
    """Send what a row says; a body goes as JSON, or as it is where it is bytes."""
    headers = on.actors[actor].headers
    if route.keyed:
        headers |= {"Idempotency-Key": str(uuid4())}
    if isinstance(body, bytes):
        headers |= {"Content-Type": "application/json"}
        more["body"] = body
    elif route.body is not None:
        more["json"] = body
    if "query_string" not in more:
        more["params"] = dict(ROWS[route.operation].query)
    return on.world.client.simulate_request(
        route.method,
        PLACE.sub(lambda place: ids[place[1]], route.path),
        headers=headers | more.pop("headers", {}),
        **more,
    )


def made_ready(on: Stage, route: Route, actor: str) -> Any:
    row = ROWS[route.operation]
    return row.body(on, on.actors[actor]) if row.body else None


def is_documented(route: Route, answer: testing.Result) -> bool:
    """Tell whether the route says that it may answer like this."""
    if answer.status_code < 400:
        return answer.status_code in {route.status, route.or_status}
    if answer.headers["content-type"] != "application/problem+json":
        return answer.status_code == route.or_status
    code = answer.json["code"]
    return code in route.codes and answer.status_code == catalogue()[code].status
