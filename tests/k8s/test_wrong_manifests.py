"""Each check says what is wrong with a manifest that is wrong in its way."""

import copy
from typing import Any

import kubernetes_validate
import pytest

from tests.bridge import Bridge
from tests.k8s import ways
from tests.k8s.overlays import OLDEST, overlay
from tests.k8s.rendering import Object, name, rendered
from tests.k8s.test_manifests import complaints, database, schema_complaint, unanswered

#: takes a value out
GONE = object()

EDGE, DELIVER, MIGRATE = "Deployment/live-agents-edge", "Deployment/live-agents-deliver", "Job/live-agents-migrate"
SETTINGS, INGRESS = "ConfigMap/live-agents-settings", "Ingress/live-agents"
POD = "spec.template.spec"
ONE = f"{POD}.containers.0"
NGINX = "metadata.annotations:nginx.ingress.kubernetes.io/"

#: the object, where in it, what stands there, and what is said of that
WRONG: dict[str, tuple[str, str, Any, str]] = {
    "root": (EDGE, f"{POD}.securityContext.runAsUser", 0, "live-agents-edge does not run as 10001"),
    "a root by default": (MIGRATE, f"{POD}.securityContext.runAsNonRoot", GONE, "migrate does not run as 10001"),
    "another group": (EDGE, f"{POD}.securityContext.runAsGroup", 0, "live-agents-edge does not run as 10001"),
    "no seccomp": (DELIVER, f"{POD}.securityContext.seccompProfile", GONE, "deliver has no seccomp profile"),
    "a token": (EDGE, f"{POD}.automountServiceAccountToken", True, "live-agents-edge gets a token"),
    "an account's token": ("ServiceAccount/live-agents", "automountServiceAccountToken", GONE, "gives a token"),
    "service links": (EDGE, f"{POD}.enableServiceLinks", GONE, "live-agents-edge gets variables of Services"),
    "the host's network": (DELIVER, f"{POD}.hostNetwork", True, "deliver uses what is the host's"),
    "a volume": (DELIVER, f"{POD}.volumes", [{"name": "x", "hostPath": {"path": "/"}}], "uses what is the host's"),
    "a root that can be written": (EDGE, f"{ONE}.securityContext.readOnlyRootFilesystem", False, "may do more"),
    "capabilities": (MIGRATE, f"{ONE}.securityContext.capabilities.drop", [], "migrate may do more than it must"),
    "escalation": (EDGE, f"{ONE}.securityContext.allowPrivilegeEscalation", GONE, "may do more than it must"),
    "any pod": (
        "Namespace/live-agents",
        "metadata.labels:pod-security.kubernetes.io/enforce",
        "baseline",
        "restricted",
    ),
    "no memory limit": (EDGE, f"{ONE}.resources.limits.memory", GONE, "live-agents-edge names no memory"),
    "no cpu request": (MIGRATE, f"{ONE}.resources.requests", GONE, "live-agents-migrate names no cpu"),
    "more than all": (DELIVER, f"{ONE}.resources.requests.memory", "1Gi", "asks for more memory than it may have"),
    "no time to end": (DELIVER, f"{POD}.terminationGracePeriodSeconds", GONE, "deliver needs 35 s to end"),
    "a long preStop": (EDGE, f"{ONE}.lifecycle.preStop.exec.command.1", "30", "live-agents-edge needs 50 s to end"),
    "a long grace": (EDGE, f"{POD}.terminationGracePeriodSeconds", 300, "of at most 45"),
    "a short drain": (SETTINGS, "data.LIVE_AGENTS_DRAIN_SECONDS", "2", "gone before its readiness has been seen"),
    "a slow probe": (DELIVER, f"{ONE}.readinessProbe.periodSeconds", 10, "gone before its readiness has been seen"),
    "no setting": (SETTINGS, "data.LIVE_AGENTS_COLOUR", "red", "LIVE_AGENTS_COLOUR, which is no setting"),
    "no setting of one": (EDGE, f"{ONE}.env.1.name", "SECRET_KEYS", "SECRET_KEYS, which is no setting"),
    "a wrong value": (SETTINGS, "data.LIVE_AGENTS_LOG_LEVEL", "LOUD", "given a wrong LIVE_AGENTS_LOG_LEVEL"),
    "a secret": (SETTINGS, "data.DATABASE_URL", "postgresql://u:p@h/d", "the secret DATABASE_URL in the clear"),
    "other settings": (EDGE, f"{ONE}.envFrom.0.configMapRef.name", "settings", "a ConfigMap that is not there"),
    "an unknown Secret": (EDGE, f"{ONE}.env.0.valueFrom.secretKeyRef.name", "pg", "of pg, which no example makes"),
    "an unknown key": (MIGRATE, f"{ONE}.env.1.valueFrom.secretKeyRef.key", "key", "refers to key of live-agents-keys"),
    "no key": (DELIVER, f"{ONE}.env.1", GONE, "live-agents-deliver lacks a secret"),
    "a stranger's account": (EDGE, f"{POD}.serviceAccountName", "default", "under an account that is not there"),
    "a port of no role": (DELIVER, f"{ONE}.ports.0.name", "public", "deliver has the ports ['public']"),
    "another role": (DELIVER, f"{ONE}.args", ["serve"], "deliver has the ports ['internal']"),
    "another port": (SETTINGS, "data.LIVE_AGENTS_PORT", "8080", "has public 8000, and listens on 8080"),
    "a pod for itself": (SETTINGS, "data.LIVE_AGENTS_HOST", "127.0.0.1", "nobody outside of the pod is listened to"),
    "a probe of no port": (DELIVER, f"{ONE}.readinessProbe.httpGet.port", "public", "no port for its readinessProbe"),
    "no probe": (EDGE, f"{ONE}.livenessProbe", GONE, "live-agents-edge has no port for its livenessProbe"),
    "a Service to nowhere": ("Service/live-agents", "spec.ports.0.targetPort", "http", "leads to a port http"),
    "a Service of nobody": (
        "Service/live-agents",
        "spec.selector:app.kubernetes.io/component",
        "web",
        "leads to a port",
    ),
    "an open Service": ("Service/live-agents", "spec.type", "LoadBalancer", "live-agents is open to the outside"),
    "strangers' pods": (
        EDGE,
        "spec.selector.matchLabels:app.kubernetes.io/component",
        "x",
        "select its own pods alone",
    ),
    "too many pods": (EDGE, "spec.selector.matchLabels:app.kubernetes.io/component", GONE, "its own pods alone"),
    "spread among others": (
        EDGE,
        f"{POD}.topologySpreadConstraints.0.labelSelector.matchLabels:app.kubernetes.io/component",
        "deliver",
        "live-agents-edge is not spread among its own pods",
    ),
    "apart from others": (
        DELIVER,
        f"{POD}.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution.0.podAffinityTerm.labelSelector"
        ".matchLabels:app.kubernetes.io/component",
        "edge",
        "live-agents-deliver is not spread among its own pods",
    ),
    "a budget for all": (
        "PodDisruptionBudget/live-agents-edge",
        "spec.selector.matchLabels:app.kubernetes.io/component",
        GONE,
        "the disruption budget live-agents-edge is not for that Deployment",
    ),
    "a policy for nobody": (
        "NetworkPolicy/live-agents-peers",
        "spec.podSelector.matchExpressions.1.values",
        ["web"],
        "the policy live-agents-peers is for nobody",
    ),
    "an autoscaler for nobody": (
        "HorizontalPodAutoscaler/live-agents-edge",
        "spec.scaleTargetRef.name",
        "live-agents",
        "the autoscaler live-agents-edge is for nobody",
    ),
    "another host": (INGRESS, "spec.rules.0.host", "other.example.org", "the Ingress is for ['other.example.org']"),
    "plain http": (SETTINGS, "data.LIVE_AGENTS_PUBLIC_URL", "http://live-agents.example.org", "the Ingress is for"),
    "no certificate": (INGRESS, "spec.tls", GONE, "the Ingress has no certificate for its host"),
    "the internal port": ("Service/live-agents", "spec.ports.0.targetPort", "internal", "not lead to the public port"),
    "another Service": (INGRESS, "spec.rules.0.http.paths.0.backend.service.name", "web", "lead to the public port"),
    "small bodies": (INGRESS, f"{NGINX}proxy-body-size", "16m", "takes no larger body than we read"),
    "a short wait": (INGRESS, f"{NGINX}proxy-read-timeout", "10", "a proxy-read-timeout that is too short"),
    "an open pod": (
        "NetworkPolicy/live-agents",
        "spec.policyTypes",
        ["Ingress"],
        "live-agents-migrate is open: Egress",
    ),
    "no names": ("NetworkPolicy/live-agents", "spec.egress.0", GONE, "live-agents-edge is told no names"),
    "another database": (
        "NetworkPolicy/live-agents",
        "spec.egress.1.to.0.podSelector.matchLabels:cnpg.io/cluster",
        "postgres",
        "live-agents-edge does not reach Postgres",
    ),
    "whoever comes": ("NetworkPolicy/live-agents-public", "spec.ingress.0.from", GONE, "lets in or out whoever comes"),
    "a policy's port": ("NetworkPolicy/live-agents-public", "spec.ingress.0.ports.0.port", "http", "opens a port http"),
    "two numbers": (EDGE, "spec.replicas", 3, "live-agents-edge has two numbers of replicas"),
    "a gap": (DELIVER, "spec.strategy.rollingUpdate.maxUnavailable", 1, "deliver goes before another comes"),
    "too many": (
        "HorizontalPodAutoscaler/live-agents-edge",
        "spec.maxReplicas",
        30,
        "connections may be opened, of 200",
    ),
    "two images": (MIGRATE, f"{ONE}.image", "live-agents:old", "there is more than one image"),
}


@pytest.fixture
def objects() -> list[Object]:
    return copy.deepcopy(rendered(overlay("overlays/production")))


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_wrong_is_said(wrong: str, objects: list[Object]) -> None:
    whose, where, value, complaint = WRONG[wrong]
    put(objects, whose, where, value)
    said = complaints(objects)
    assert any(complaint in each for each in said), said


def put(objects: list[Object], whose: str, where: str, value: Any) -> None:
    """Put a value at a place in an object: keys and places between dots; behind a colon, a key that has dots itself."""
    kind, _, called = whose.partition("/")
    inside: Any = next(each for each in objects if (each["kind"], name(each)) == (kind, called))
    path, _, dotted = where.partition(":")
    *way, last = [*path.split("."), *([dotted] if dotted else [])]
    for step in way:
        inside = inside[int(step)] if isinstance(inside, list) else inside[step]
    key: Any = int(last) if isinstance(inside, list) else last
    if value is GONE:
        del inside[key]
    else:
        inside[key] = value


async def test_a_probe_of_a_route_that_is_not_there_is_found(bridge: Bridge, objects: list[Object]) -> None:
    put(objects, EDGE, f"{ONE}.livenessProbe.httpGet.path", "/health")
    assert await unanswered(objects, bridge) == {("internal", "/health")}


@pytest.mark.parametrize("version", [OLDEST, kubernetes_validate.latest_version()])
@pytest.mark.parametrize(
    ("where", "value"),
    [("spec.replicas", "three"), (f"{ONE}.livenesProbe", {}), ("spec.selector", GONE), (f"{ONE}.ports.0.name", 8000)],
)
def test_an_object_that_kubernetes_would_refuse_is_found(
    where: str, value: Any, version: str, objects: list[Object]
) -> None:
    put(objects, EDGE, where, value)
    (edge,) = (each for each in objects if (each["kind"], name(each)) == ("Deployment", "live-agents-edge"))
    assert schema_complaint(edge, version)


def test_a_database_with_too_few_connections_is_found(objects: list[Object]) -> None:
    small = copy.deepcopy(database())
    small["spec"]["postgresql"]["parameters"]["max_connections"] = "100"
    assert list(ways.numbers(objects, small)) == ["140 connections may be opened, of 100"]
