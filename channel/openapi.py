"""The public routes as an OpenAPI description."""

from collections.abc import Mapping

from channel import __version__, examples, taken
from channel.core.answers import REFUSALS, Call, outcomes
from channel.core.simulating import names
from channel.examples import Json


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
    named = _parameter("contact_uuid", "path", "The contact's UUID in RapidPro", examples.CONTACT, taken.UUID)
    asked = _parameter("department", "query", "By name or id; the channel's own if it is left out", "Support")
    spoken = _parameter("language", "query", "Of the answer's message, ISO 639-3", "por")
    handed_off = _body({"application/json": (taken.HANDED_OFF, examples.REGISTER_CLIENT)})
    passed_on = _body({"application/json": (taken.HANDED_OFF, examples.SEND_MESSAGE)})
    rated = _body({"application/json": (taken.SURVEY, examples.SURVEY)})
    register = _flow_call(Call.REGISTER, "Hand a contact to agents", handed_off)
    message = _flow_call(Call.MESSAGE, "Pass on what the contact wrote", passed_on)
    availability = _flow_call(Call.AVAILABILITY, "Is anybody there?", None, asked, spoken)
    return {
        "/live-agents/registerClient": {"post": register},
        "/live-agents/sendMessageToAgent": {"post": message},
        "/live-agents/availability": {"get": availability},
        "/live-agents/session/user/{contact_uuid}": {"delete": _flow_call(Call.CLOSE, "Close the chat", None, named)},
        "/live-agents/session/user/{contact_uuid}/survey": {
            "post": _flow_call(Call.SURVEY, "What the contact thinks of the chat", rated, named)
        },
    }


def _flow_call(call: Call, summary: str, body: Json | None, *parameters: Json) -> Json:
    simulated = [
        _parameter(
            "X-Mailroom-Mode", "header", "Nothing comes of the call (RapidPro sends it itself)", schema=taken.SIMULATED
        ),
        _parameter(
            "X-Simulate",
            "header",
            "With it: the outcome to answer, or the reason of a refusal",
            schema={"type": "string", "enum": list(names(call))},
        ),
    ]
    keyed = [_parameter("Idempotency-Key", "header", "A repeat of the call has no second effect", schema=taken.KEY)]
    answered = {"$ref": f"#/components/schemas/{call.name.title()}Answer"}
    statuses = (400, 401, 413, 415, 503) if body else (400, 401, 503)
    responses = {"200": _json("What came of it", answered), **_errors(*statuses)}
    told = {"requestBody": body} if body else {}
    given = [*parameters, *(keyed if body else []), *simulated]
    return _operation("Flows", summary, "live_agents", given, responses) | told


def _peer_paths() -> Json:
    channel = _parameter("channel_uuid", "path", "As `live-agents connect` prints it", examples.CHANNEL, taken.UUID)
    workspace = _parameter(
        "workspace_uuid", "path", "As `live-agents connect` prints it", examples.WORKSPACE, taken.UUID
    )
    stored = _json("Stored, or a repeat of what is", {"$ref": "#/components/schemas/Accepted"})
    responses = {"200": stored, **_errors(400, 401, 413, 415, 503)}
    send = _operation("RapidPro", "Take a part of a message", "send", [channel], responses)
    sent = _body(
        {
            "application/x-www-form-urlencoded": (taken.FORM, {"As the channel's template sends it": examples.SENT}),
            "application/json": (taken.JSON, {"As a template of JSON does": examples.SENT_AS_JSON}),
        }
    )
    asked = [
        _parameter(name, "query", "Part of the message", examples.SENT.get(name, ""), schema, name in taken.NEEDED)
        for name, schema in taken.PARAMETERS.items()
    ]
    fetched = _operation("RapidPro", "Take a part of a message", "send", [channel, *asked], responses)
    heard = {"200": {"description": "Stored; the body is empty"}, **_errors(401, 503)}
    told = {"requestBody": _body({"application/json": (taken.TOLD, examples.SEND_TO_CLIENT)})}
    client = _operation("Rocket.Chat", "The workspace's webhook, under this name", "webhook", [], heard) | told
    webhook = _operation("Rocket.Chat", "The workspace's webhook", "webhook", [workspace], heard) | told
    return {
        "/live-agents/sendMessageToClient": {"post": client},
        "/workspaces/{workspace_uuid}/webhook": {"post": webhook},
        "/channels/{channel_uuid}/send": {
            "post": send | {"requestBody": sent},
            "put": send | {"requestBody": sent},
            "get": fetched,
        },
    }


def _health_paths() -> Json:
    alive, ready, draining = (
        _json(about, {"type": "object", "properties": {"status": {"const": status}}, "required": ["status"]})
        for about, status in (("Yes", "alive"), ("Yes", "ready"), ("No: it is about to end", "draining"))
    )
    return {
        "/healthz": {"get": _operation("Health", "Is the process alive?", None, [], {"200": alive})},
        "/readyz": {"get": _operation("Health", "Does it take requests?", None, [], {"200": ready, "503": draining})},
    }


def _operation(tag: str, summary: str, scheme: str | None, parameters: list[Json], responses: Json) -> Json:
    security: Json = {"security": [{scheme: []}]} if scheme else {}
    given = {"parameters": parameters} if parameters else {}
    return {"tags": [tag], "summary": summary} | security | given | {"responses": responses}


def _parameter(
    name: str, place: str, about: str, example: str = "", schema: Json = taken.TEXT, needed: bool = False
) -> Json:
    shown = {"example": example} if example else {}
    required = needed or place == "path"
    return {"name": name, "in": place, "required": required, "description": about, "schema": schema} | shown


def _body(kinds: Mapping[str, tuple[Json, Mapping[str, Json]]]) -> Json:
    """By content type, what may be sent and examples of it."""
    content = {
        content_type: {"schema": schema, "examples": {name: {"value": value} for name, value in shown.items()}}
        for content_type, (schema, shown) in kinds.items()
    }
    return {"required": True, "content": content}


def _json(about: str, schema: Json) -> Json:
    return {"description": about, "content": {"application/json": {"schema": schema}}}


def _errors(*statuses: int) -> Json:
    about = {400: "Wrong, and it says what", 401: "An unknown token", 413: "Too large a body", 415: "A compressed body"}
    about |= {503: "We do not have it: send it again later"}
    errors = {str(status): _json(about[status], {"$ref": "#/components/schemas/Error"}) for status in statuses}
    errors["503"]["headers"] = {"Retry-After": {"description": "Seconds", "schema": {"type": "integer"}}}
    return errors


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
    return {
        "Error": {"type": "object", "properties": {"error": error}, "required": ["error"]},
        "Accepted": accepted | {"required": ["status", "id"]},
        **answers,
    }


def _answer(call: Call) -> Json:
    text = {"type": "string"}
    properties: Json = {"outcome": {"enum": [outcome.value for outcome in outcomes(call)]}, "message": text}
    if REFUSALS[call]:
        properties["reason"] = {"enum": [reason.value for reason in REFUSALS[call]]}
    if call in {Call.REGISTER, Call.AVAILABILITY}:
        properties["next_open"] = {"type": "string", "format": "date-time"}
        properties |= {"department": text, "certain": {"type": "boolean"}, "max_wait": {"type": "integer"}}
    return {"type": "object", "properties": properties, "required": ["outcome", "message"]}
