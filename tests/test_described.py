"""What the service says of itself at /openapi.json is true: schemathesis calls it as described, and otherwise."""

import asyncio
from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeAlias

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case as AnyCase
from schemathesis import GenerationMode, Response
from schemathesis.core.result import Ok
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from channel.app import create_internal_app
from channel.sandbox.serving import serving
from tests.bridge import Bridge

Case: TypeAlias = AnyCase[Any]
Operation: TypeAlias = APIOperation[Any, Any, Any, Any]

#: calls of each operation: as described, as not described, and by strangers
RIGHT, WRONG, STRANGE = 8, 6, 2
UNREADABLE: Final = "unreadable_body"

pytestmark = pytest.mark.filterwarnings(
    "ignore:Do not use the `random` module inside strategies:hypothesis.errors.HypothesisDeprecationWarning"
)
CONFORMS: Final = [
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


class Caller:
    """Calls the service by its own description of itself."""

    def __init__(self, bridge: Bridge, described: dict[str, Any]) -> None:
        self._url = bridge.url
        self._described = described
        self.operations = [
            found.ok()
            for found in schemathesis.openapi.from_dict(described).get_all_operations()
            if isinstance(found, Ok) or pytest.fail(str(found.err()))
        ]
        self._secrets = {
            "live_agents": bridge.connected["live_agents"]["authorization"],
            "send": bridge.connected["channel"]["send_authorization"],
            "webhook": bridge.connected["workspace"]["webhook_secret"],
        }
        self._ids = {
            "channel_uuid": bridge.connected["channel"]["uuid"],
            "workspace_uuid": bridge.connected["workspace"]["uuid"],
        }

    def call(self, case: Case, secret: str | None = None) -> Response:
        """Make the call, with the right secret or another; every answer is to be as described.

        Schemathesis leaves the secret out of some calls that are not as described.
        """
        headers = self._secret_of(case.operation, secret)
        for name in [name for name in case.headers if name.lower() in {key.lower() for key in headers}]:
            del case.headers[name]
        case.path_parameters.update({name: id for name, id in self._ids.items() if name in case.path_parameters})
        response = case.call(base_url=self._url, headers=dict(headers))
        case.validate_response(response, checks=CONFORMS)
        self._require_no_more(case, response)
        return response

    def is_guarded(self, operation: Operation) -> bool:
        return bool(self._secret_of(operation, None))

    def _secret_of(self, operation: Operation, secret: str | None) -> Mapping[str, str]:
        schemes = self._described["components"]["securitySchemes"]
        described = self._described["paths"][operation.path][operation.method]
        needed = [name for each in described.get("security", []) for name in each]
        return {schemes[name]["name"]: self._secrets[name] if secret is None else secret for name in needed}

    def _require_no_more(self, case: Case, response: Response) -> None:
        """A field that is not described is one that nobody was told of."""
        answers = self._described["paths"][case.operation.path][case.operation.method]["responses"]
        content = answers[str(response.status_code)].get("content")
        if not content:
            assert response.content == b""
            return
        schema = content["application/json"]["schema"]
        if "$ref" in schema:
            schema = self._described["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        assert set(response.json()) <= set(schema["properties"])


async def called(bridge: Bridge) -> Caller:
    async with serving(create_internal_app(bridge.runtime)) as inside:
        return Caller(bridge, (await bridge.http.get(f"{inside}/openapi.json")).json())


def each_case(operation: Operation, mode: GenerationMode, count: int) -> Iterator[Case]:
    """So many calls, the same ones each time."""
    cases: list[Case] = []

    @settings(
        max_examples=count,
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(operation.as_strategy(generation_mode=mode))
    def gather(case: Case) -> None:
        cases.append(case)

    gather()
    yield from cases


async def test_whoever_calls_as_described_is_answered_as_described(bridge: Bridge) -> None:
    caller = await called(bridge)

    def calling() -> None:
        for operation in caller.operations:
            for case in each_case(operation, GenerationMode.POSITIVE, RIGHT):
                response = caller.call(case)
                assert response.status_code == 200, (case.as_curl_command(), response.text)

    await asyncio.to_thread(calling)


async def test_whoever_calls_otherwise_is_answered_as_described(bridge: Bridge) -> None:
    caller = await called(bridge)
    seen: set[int] = set()

    def calling() -> None:
        for operation in filter(caller.is_guarded, caller.operations):
            for case in each_case(operation, GenerationMode.NEGATIVE, WRONG):
                response = caller.call(case)
                is_send = operation.path.endswith("/send")
                seen.add(response.status_code)
                assert response.status_code < 500 or (is_send and response.json()["error"]["code"] == UNREADABLE)

    await asyncio.to_thread(calling)
    assert {200, 400} <= seen  # and 401, where it leaves the token out


async def test_strangers_are_answered_as_described(bridge: Bridge) -> None:
    caller = await called(bridge)

    def calling() -> None:
        for operation in filter(caller.is_guarded, caller.operations):
            for case in each_case(operation, GenerationMode.POSITIVE, STRANGE):
                assert caller.call(case, secret="Token of nobody").status_code == 401

    await asyncio.to_thread(calling)
