"""Every overlay, and the example of a site, is right: for Kubernetes, for the app, and in itself."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import kubernetes_validate
import pytest
from kubernetes_validate.utils import all_versions

from channel import serving
from channel.app import create_app, create_internal_app
from tests.bridge import Bridge
from tests.k8s import pods, ways
from tests.k8s.overlays import EXAMPLES, OLDEST, OVERLAYS, overlay
from tests.k8s.rendering import Object, documents, name, rendered

ROOT = Path(__file__).parents[2]


def complaints(objects: list[Object]) -> list[str]:
    """All that is wrong with these, but for what a schema or the app has to say."""
    return list(_complaints(objects))


def _complaints(objects: list[Object]) -> Iterator[str]:
    yield from pods.privileges(objects, image_user())
    yield from pods.resources(objects)
    yield from pods.endings(objects)
    yield from pods.settings(objects)
    yield from pods.references(objects, pods.offered(examples()))
    yield from ways.ports(objects)
    yield from ways.selectors(objects)
    yield from ways.exposure(objects)
    yield from ways.isolation(objects, name(database()))
    yield from ways.numbers(objects, database())


def examples() -> list[Object]:
    return [found for path in EXAMPLES for found in documents(path)]


def database() -> Object:
    (found,) = ways.of_kind(examples(), "Cluster")
    return found


def image_user() -> int:
    """The number under which the image runs."""
    (found,) = set(re.findall(r"^USER (\d+):\1$", (ROOT / "Dockerfile").read_text(), re.MULTILINE))
    return int(found)


def schema_complaint(of: Object, version: str) -> str | None:
    """What the schemas of a version of Kubernetes say against an object; unknown words are wrong."""
    try:
        kubernetes_validate.validate(of, version, strict=True)
    except kubernetes_validate.ValidationError as error:
        return str(error.message)
    return None


async def unanswered(objects: list[Object], bridge: Bridge) -> set[tuple[str, str]]:
    """The probes, by port and path, that the app does not answer with 200."""
    apps = {"public": create_app(bridge.runtime), "internal": create_internal_app(bridge.runtime)}
    missed = set()
    for port, path in ways.probes(objects):
        async with httpx.AsyncClient(transport=httpx.ASGITransport(apps[port]), base_url="http://pod.test") as http:
            if (await http.get(path)).status_code != 200:
                missed.add((port, path))
    return missed


@pytest.mark.parametrize("which", OVERLAYS)
def test_nothing_is_wrong_with_it(which: str) -> None:
    assert complaints(rendered(overlay(which))) == []


@pytest.mark.parametrize("version", [OLDEST, kubernetes_validate.latest_version()])
@pytest.mark.parametrize("which", OVERLAYS)
def test_the_oldest_and_the_newest_kubernetes_take_every_object(which: str, version: str) -> None:
    assert [schema_complaint(each, version) for each in rendered(overlay(which))] == [None] * len(
        rendered(overlay(which))
    )


def test_the_oldest_supported_version_is_one_of_which_we_have_the_schemas() -> None:
    assert f"{OLDEST}.0" in all_versions()
    assert f"Kubernetes {OLDEST} " in (ROOT / "docs" / "kubernetes.md").read_text()


async def test_the_backlog_by_which_one_may_scale_can_be_asked_for(bridge: Bridge) -> None:
    (query,) = re.findall(r"^ +query: (SELECT .+)$", (ROOT / "docs" / "kubernetes.md").read_text(), re.MULTILINE)
    assert [tuple(row) for row in await bridge.query(query)] == [(0,)]


async def test_the_app_answers_every_probe(bridge: Bridge) -> None:
    objects = rendered(overlay("overlays/production"))
    assert ways.probes(objects) == {("internal", "/healthz"), ("internal", "/readyz"), ("public", "/readyz")}
    assert await unanswered(objects, bridge) == set()


async def test_the_edge_finishes_requests_for_as_long_as_is_reckoned_with(bridge: Bridge) -> None:
    server = serving.server(create_app(bridge.runtime))
    assert server.config.timeout_graceful_shutdown == pods.GRACEFUL_SECONDS


def test_small_is_one_of_everything() -> None:
    made = list(ways.of_kind(rendered(overlay("overlays/small")), "Deployment"))
    assert [each["spec"]["replicas"] for each in made] == [1, 1]
    assert {name(each) for each in made} == {"live-agents-edge", "live-agents-deliver"}


def test_production_scales_each_by_itself_and_spreads_it() -> None:
    objects = rendered(overlay("overlays/production"))
    scaled = {each["spec"]["scaleTargetRef"]["name"] for each in ways.of_kind(objects, "HorizontalPodAutoscaler")}
    assert scaled == {"live-agents-edge", "live-agents-deliver"}
    for each in ways.of_kind(objects, "Deployment"):
        assert {"topologySpreadConstraints", "affinity"} <= set(each["spec"]["template"]["spec"])


def test_nothing_wrong_is_said_of_the_examples_of_other_peoples_kinds() -> None:
    """Of them we have no schemas: what refers to each other in them is there."""
    made = {(each["kind"], name(each)) for each in examples()}
    (cluster, *_) = (each for each in examples() if each["kind"] == "Cluster")
    (backup, *_) = (each for each in examples() if each["kind"] == "ScheduledBackup")
    (plugin,) = cluster["spec"]["plugins"]
    assert ("ObjectStore", plugin["parameters"]["barmanObjectName"]) in made
    assert ("Cluster", backup["spec"]["cluster"]["name"]) in made
    assert backup["spec"]["pluginConfiguration"]["name"] == plugin["name"]
    assert {each["metadata"]["namespace"] for each in examples()} == {"live-agents"}
