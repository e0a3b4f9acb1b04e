"""The public routes as an OpenAPI description, and as a collection for Postman.

`python -m channel.openapi > docs/live-agents.postman.json` writes the collection anew.
"""

import json
import sys
from collections.abc import Iterable, Mapping
from typing import Final
from urllib.parse import urlencode

from channel import __version__, examples
from channel.core.answers import REFUSALS, Call, outcomes
from channel.core.simulating import names
from channel.examples import Json

BASE_URL: Final = "https://bridge.example.org"
SCHEMA: Final = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"


def description(base_url: str) -> Json:
    """OpenAPI 3.1 of what peers and flows call."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Live Agents",
            "version": __version__,
            "description": "An agent in Rocket.Chat on the other end of a RapidPro conversation.",
        },
        "servers": [{"url": base_url.rstrip("/")}],
        "paths": {**_flow_paths(), **_peer_paths(), **_health_paths()},
        "components": {"securitySchemes": _schemes(), "schemas": _schemas()},
    }


def _flow_paths() -> Json:
    named = _parameter("contact_uuid", "path", "The contact's UUID in RapidPro", examples.CONTACT)
    asked = _parameter("department", "query", "By name or id; the channel's own if it is left out", "Support")
    spoken = _parameter("language", "query", "Of the answer's message, ISO 639-3", "por")
    register = _flow_call(Call.REGISTER, "Hand a contact to agents", examples.REGISTER_CLIENT)
    message = _flow_call(Call.MESSAGE, "Pass on what the contact wrote", examples.SEND_MESSAGE)
    availability = _flow_call(Call.AVAILABILITY, "Is anybody there?", None, asked, spoken)
    return {
        "/live-agents/registerClient": {"post": register},
        "/live-agents/sendMessageToAgent": {"post": message},
        "/live-agents/availability": {"get": availability},
        "/live-agents/session/user/{contact_uuid}": {"delete": _flow_call(Call.CLOSE, "Close the chat", None, named)},
        "/live-agents/session/user/{contact_uuid}/survey": {
            "post": _flow_call(Call.SURVEY, "What the contact thinks of the chat", examples.SURVEY, named)
        },
    }


def _flow_call(call: Call, summary: str, bodies: Mapping[str, Json] | None, *parameters: Json) -> Json:
    simulated = [
        _parameter("X-Mailroom-Mode", "header", "simulation: nothing comes of the call (RapidPro sends it itself)"),
        _parameter(
            "X-Simulate", "header", "With it: the outcome to answer, or the reason of a refusal", enum=names(call)
        ),
    ]
    keyed = [_parameter("Idempotency-Key", "header", "A repeat of the call has no second effect")] if bodies else []
    answered = {"$ref": f"#/components/schemas/{call.name.title()}Answer"}
    responses = {"200": _json("What came of it", answered), **_errors(400, 401, 413, 415, 503)}
    told = {"requestBody": _body("application/json", bodies)} if bodies else {}
    return _operation("Flows", summary, "live_agents", [*parameters, *keyed, *simulated], responses) | told


def _peer_paths() -> Json:
    channel = _parameter("channel_uuid", "path", "As `live-agents connect` prints it", examples.CHANNEL)
    workspace = _parameter("workspace_uuid", "path", "As `live-agents connect` prints it", examples.WORKSPACE)
    taken = _json("Stored, or a repeat of what is", {"$ref": "#/components/schemas/Accepted"})
    responses = {"200": taken, **_errors(400, 401, 413, 415, 503)}
    send = _operation("RapidPro", "Take a part of a message", "send", [channel], responses)
    form = _body("application/x-www-form-urlencoded", {"As the channel's template sends it": dict(examples.SENT)})
    asked = [_parameter(name, "query", "Part of the message", text) for name, text in examples.SENT.items()]
    fetched = _operation("RapidPro", "Take a part of a message", "send", [channel, *asked], responses)
    heard = {"200": {"description": "Stored; the body is empty"}, **_errors(401, 503)}
    told = {"requestBody": _body("application/json", examples.SEND_TO_CLIENT)}
    client = _operation("Rocket.Chat", "The workspace's webhook, under this name", "webhook", [], heard) | told
    webhook = _operation("Rocket.Chat", "The workspace's webhook", "webhook", [workspace], heard) | told
    return {
        "/live-agents/sendMessageToClient": {"post": client},
        "/workspaces/{workspace_uuid}/webhook": {"post": webhook},
        "/channels/{channel_uuid}/send": {
            "post": send | {"requestBody": form},
            "put": send | {"requestBody": form},
            "get": fetched,
        },
    }


def _health_paths() -> Json:
    alive = {"200": {"description": "Yes"}, "503": {"description": "No"}}
    return {
        "/healthz": {"get": _operation("Health", "Is the process alive?", None, [], alive)},
        "/readyz": {"get": _operation("Health", "Does it take requests?", None, [], alive)},
    }


def _operation(tag: str, summary: str, scheme: str | None, parameters: list[Json], responses: Json) -> Json:
    security: Json = {"security": [{scheme: []}]} if scheme else {}
    given = {"parameters": parameters} if parameters else {}
    return {"tags": [tag], "summary": summary} | security | given | {"responses": responses}


def _parameter(name: str, place: str, about: str, example: str = "", enum: Iterable[str] = ()) -> Json:
    schema: Json = {"type": "string"} | ({"enum": list(enum)} if enum else {})
    shown = {"example": example} if example else {}
    return {"name": name, "in": place, "required": place == "path", "description": about, "schema": schema} | shown


def _body(content_type: str, bodies: Mapping[str, Json]) -> Json:
    shown = {name: {"value": value} for name, value in bodies.items()}
    return {"required": True, "content": {content_type: {"schema": {"type": "object"}, "examples": shown}}}


def _json(about: str, schema: Json) -> Json:
    return {"description": about, "content": {"application/json": {"schema": schema}}}


def _errors(*statuses: int) -> Json:
    about = {400: "Wrong, and it says what", 401: "An unknown token", 413: "Too large a body", 415: "A compressed body"}
    about |= {503: "We do not have it: send it again later"}
    return {str(status): _json(about[status], {"$ref": "#/components/schemas/Error"}) for status in statuses}


def _schemes() -> Json:
    def header(name: str, about: str) -> Json:
        return {"type": "apiKey", "in": "header", "name": name, "description": about}

    return {
        "live_agents": header("Authorization", "Token and the live-agents token; it names the channel"),
        "send": header("Authorization", "Token and the channel's send token"),
        "webhook": header("X-RocketChat-Livechat-Token", "The workspace's webhook secret"),
    }


def _schemas() -> Json:
    text = {"type": "string"}
    error = {"type": "object", "properties": {"code": text, "message": text}, "required": ["code", "message"]}
    answers = {f"{call.name.title()}Answer": _answer(call) for call in Call}
    accepted = {"type": "object", "properties": {"status": {"const": "accepted"}, "id": text}}
    return {"Error": {"type": "object", "properties": {"error": error}}, "Accepted": accepted, **answers}


def _answer(call: Call) -> Json:
    text = {"type": "string"}
    properties: Json = {"outcome": {"enum": [outcome.value for outcome in outcomes(call)]}, "message": text}
    if REFUSALS[call]:
        properties["reason"] = {"enum": [reason.value for reason in REFUSALS[call]]}
    if call in {Call.REGISTER, Call.AVAILABILITY}:
        properties["next_open"] = {"type": "string", "format": "date-time"}
        properties |= {"department": text, "certain": {"type": "boolean"}, "max_wait": {"type": "integer"}}
    return {"type": "object", "properties": properties, "required": ["outcome", "message"]}


def postman(described: Json) -> Json:
    """The same as a Postman collection: a folder a caller, a request an example."""
    folders: dict[str, list[Json]] = {}
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            folders.setdefault(operation["tags"][0], []).extend(_requests(path, method, operation, described))
    secrets = ["live_agents_token", "send_token", "webhook_secret"]
    return {
        "info": {"name": described["info"]["title"], "schema": SCHEMA},
        "variable": [
            {"key": "base_url", "value": described["servers"][0]["url"]},
            *({"key": key, "value": ""} for key in secrets),
        ],
        "item": [{"name": name, "item": requests} for name, requests in folders.items()],
    }


def _requests(path: str, method: str, operation: Json, described: Json) -> list[Json]:
    content: Json = operation.get("requestBody", {}).get("content", {})
    parameters = operation.get("parameters", [])
    request: Json = {"method": method.upper(), "header": _headers(operation, described), "url": _url(path, parameters)}
    if not content:
        return [{"name": operation["summary"], "request": request}]
    ((content_type, shown),) = content.items()
    header = [*request["header"], {"key": "Content-Type", "value": content_type}]
    return [
        {
            "name": f"{operation['summary']}: {name.lower()}",
            "request": request | {"header": header, "body": {"mode": "raw", "raw": _raw(content_type, each["value"])}},
        }
        for name, each in shown["examples"].items()
    ]


def _raw(content_type: str, value: Json) -> str:
    return json.dumps(value, indent=2) if content_type == "application/json" else urlencode(value)


def _headers(operation: Json, described: Json) -> list[Json]:
    shown = {
        "live_agents": "Token {{live_agents_token}}",
        "send": "Token {{send_token}}",
        "webhook": "{{webhook_secret}}",
    }
    schemes = described["components"]["securitySchemes"]
    needed = [name for each in operation.get("security", []) for name in each]
    return [{"key": schemes[name]["name"], "value": shown[name]} for name in needed]


def _url(path: str, parameters: list[Json]) -> Json:
    parts = [f":{part[1:-1]}" if part.startswith("{") else part for part in path.strip("/").split("/")]
    asked = [{"key": p["name"], "value": p["example"]} for p in parameters if p["in"] == "query"]
    named = [{"key": p["name"], "value": p["example"]} for p in parameters if p["in"] == "path"]
    query = f"?{urlencode({each['key']: each['value'] for each in asked})}" if asked else ""
    url: Json = {"raw": f"{{{{base_url}}}}/{'/'.join(parts)}{query}", "host": ["{{base_url}}"], "path": parts}
    return url | ({"query": asked} if asked else {}) | ({"variable": named} if named else {})


if __name__ == "__main__":
    sys.stdout.write(json.dumps(postman(description(BASE_URL)), indent=2, ensure_ascii=False) + "\n")
