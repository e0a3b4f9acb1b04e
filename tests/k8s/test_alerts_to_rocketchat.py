"""The example that brings alerts into a channel of Rocket.Chat says what has happened, and nothing of anybody."""

import asyncio
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
import yaml
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from channel.sandbox.serving import serving
from tests.k8s import monitoring
from tests.k8s.overlays import K8S, overlay
from tests.k8s.rendering import Object, documents, rendered
from tests.processes import free_port

EXAMPLE: Final = K8S / "examples" / "alerts-to-rocketchat.yaml"
KUBERNETES: Final = K8S.parent / "docs" / "kubernetes.md"
ALERTMANAGER: Final = shutil.which("prometheus-alertmanager") or shutil.which("alertmanager")
#: what Rocket.Chat's incoming webhook reads of a body, as its documentation says
READ: Final = {"channel", "username", "attachments", "text", "icon_emoji", "icon_url", "alias", "avatar", "emoji"}


@pytest.fixture
def example() -> Object:
    (found,) = documents(EXAMPLE)
    return found


def receiver(example: Object) -> dict[str, Any]:
    (found,) = example["spec"]["receivers"]
    (config,) = found["slackConfigs"]
    assert found["name"] == example["spec"]["route"]["receiver"]
    return dict(config)


def test_it_says_what_our_rules_say_and_nothing_else(example: Object) -> None:
    rules = monitoring.alerts(rendered(overlay("monitoring")))
    notes = set(re.findall(r"\.Annotations\.(\w+)", str(example)))
    labels = set(re.findall(r"\.CommonLabels\.(\w+)", str(example))) - {"alertname"}
    assert notes == {"summary", "runbook"}
    assert all(notes <= set(rule["annotations"]) and labels <= set(rule["labels"]) for rule in rules)
    (matcher,) = example["spec"]["route"]["matchers"]
    assert set(matcher["value"].split("|")) == monitoring.SEVERITIES


def test_the_secret_is_named_and_made_as_the_page_says(example: Object) -> None:
    secret = receiver(example)["apiURL"]
    page = KUBERNETES.read_text()
    assert f"kubectl create secret generic {secret['name']} --from-file={secret['key']}=" in page
    assert EXAMPLE.name in page
    assert "http" not in str(receiver(example))


def snake(name: str) -> str:
    return re.sub(r"([A-Z]+)", lambda found: f"_{found[1].lower()}", name)


def configuration(example: Object, url: str) -> str:
    """What the operator makes of it for Alertmanager, but for the namespace."""
    config = {snake(name): value for name, value in receiver(example).items()} | {"api_url": url}
    route = {snake(name): value for name, value in example["spec"]["route"].items()} | {"group_wait": "0s"}
    (matcher,) = route.pop("matchers")
    route["matchers"] = [f"{matcher['name']}{matcher['matchType']}{matcher['value']}"]
    others = {"receiver": "nobody", "routes": [route]}
    receivers = [{"name": "nobody"}, {"name": "rocketchat", "slack_configs": [config]}]
    return yaml.safe_dump({"route": others, "receivers": receivers})


@asynccontextmanager
async def alertmanager(config: str, at: Path) -> AsyncIterator[str]:
    """The real one. Its URL."""
    assert ALERTMANAGER
    (at / "alertmanager.yml").write_text(config)
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        *(ALERTMANAGER, f"--config.file={at}/alertmanager.yml", f"--storage.path={at}/data"),
        *(f"--web.listen-address=127.0.0.1:{port}", "--cluster.listen-address="),
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


@pytest.mark.skipif(ALERTMANAGER is None, reason="no Alertmanager: apt-get install -y prometheus-alertmanager")
async def test_alertmanager_writes_what_rocketchat_reads(example: Object, tmp_path: Path) -> None:
    told: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def hook(request: Request) -> JSONResponse:
        await told.put(await request.json())
        return JSONResponse({"success": True})

    rule = next(r for r in monitoring.alerts(rendered(overlay("monitoring"))) if r["alert"] == "LiveAgentsHeadOld")
    labels = {"alertname": rule["alert"], "namespace": "live-agents", **rule["labels"]}
    alert = {"labels": labels, "annotations": rule["annotations"]}
    app = Starlette(routes=[Route("/hooks/{rest:path}", hook, methods=["POST"])])
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(serving(app))
        manager = await stack.enter_async_context(
            alertmanager(configuration(example, f"{url}/hooks/id/token"), tmp_path)
        )
        http = await stack.enter_async_context(httpx.AsyncClient(transport=httpx.AsyncHTTPTransport(retries=6)))
        assert (await http.post(f"{manager}/api/v2/alerts", json=[alert])).status_code == 200
        body = await asyncio.wait_for(told.get(), 30)
    assert set(body) <= READ
    (attachment,) = body["attachments"]
    assert body["username"] == "Live Agents"
    assert attachment["title"] == "page: LiveAgentsHeadOld"
    assert attachment["color"] == "danger"
    assert attachment["text"] == f"{rule['annotations']['summary']} What to do: {rule['annotations']['runbook']}"
