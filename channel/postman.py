"""The public routes as a collection for Postman, made from their OpenAPI description.

`python -m channel.postman > docs/live-agents.postman.json` writes the collection anew.
"""

import json
import sys
from typing import Final
from urllib.parse import urlencode

from channel.examples import Json
from channel.openapi import description

BASE_URL: Final = "https://bridge.example.org"
SCHEMA: Final = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"


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
    return [
        _request_with(operation["summary"], request, content_type, name, each["value"])
        for content_type, shown in content.items()
        for name, each in shown["examples"].items()
    ]


def _request_with(summary: str, request: Json, content_type: str, name: str, value: Json) -> Json:
    header = [*request["header"], {"key": "Content-Type", "value": content_type}]
    body = {"mode": "raw", "raw": _raw(content_type, value)}
    return {"name": f"{summary}: {name.lower()}", "request": request | {"header": header, "body": body}}


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
    asked = [{"key": p["name"], "value": p["example"]} for p in parameters if p["in"] == "query" and "example" in p]
    named = [{"key": p["name"], "value": p["example"]} for p in parameters if p["in"] == "path"]
    query = f"?{urlencode({each['key']: each['value'] for each in asked})}" if asked else ""
    url: Json = {"raw": f"{{{{base_url}}}}/{'/'.join(parts)}{query}", "host": ["{{base_url}}"], "path": parts}
    return url | ({"query": asked} if asked else {}) | ({"variable": named} if named else {})


if __name__ == "__main__":
    sys.stdout.write(json.dumps(postman(description(BASE_URL)), indent=2, ensure_ascii=False) + "\n")
