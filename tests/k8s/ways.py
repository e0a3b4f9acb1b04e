"""What is wrong with the ways between pods: ports, Services, the Ingress, selectors, policies, numbers. No I/O."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from channel.core import limits
from channel.opening import POOL_SIZE
from tests.k8s.pods import ROLES, role, with_pods
from tests.k8s.rendering import Object, containers, name, pod

#: what a statement may take, and with it one of our answers
ANSWER_SECONDS = 15
#: that Postgres keeps for its superuser, an operator's commands and CloudNativePG
SPARE_CONNECTIONS = 20

_PROBES = ("startupProbe", "livenessProbe", "readinessProbe")
_LEAST_SECONDS = {
    "proxy-read-timeout": ANSWER_SECONDS,
    "proxy-send-timeout": ANSWER_SECONDS,
    "proxy-connect-timeout": 1,
}
_MEBIBYTE = 2**20


def of_kind(objects: list[Object], *kinds: str) -> Iterator[Object]:
    return (each for each in objects if each["kind"] in kinds)


def named_ports(container: Object) -> dict[str, int]:
    return {port["name"]: port["containerPort"] for port in container.get("ports", ())}


def ports(objects: list[Object]) -> Iterator[str]:
    """A container has the ports of its role, as the settings name them; probes and Services lead to one of those."""
    given = {k: v for each in of_kind(objects, "ConfigMap") for k, v in each["data"].items()}
    listens = {"public": given["LIVE_AGENTS_PORT"], "internal": given["LIVE_AGENTS_INTERNAL_PORT"]}
    if given.get("LIVE_AGENTS_HOST") != "0.0.0.0":  # noqa: S104 - what a pod must listen on
        yield "nobody outside of the pod is listened to"
    for each, _ in with_pods(objects):
        for container in containers(each):
            doing = role(container)
            has = named_ports(container)
            if set(has) != (ROLES[doing] if doing else set()):
                yield f"{name(each)} has the ports {sorted(has)}"
            yield from (
                f"{name(each)} has {n} {p}, and listens on {listens[n]}" for n, p in has.items() if str(p) != listens[n]
            )
            for probe in _PROBES if doing else ():
                if container.get(probe, {}).get("httpGet", {}).get("port") not in has:
                    yield f"{name(each)} has no port for its {probe}"
    for service in of_kind(objects, "Service"):
        reached = [
            container
            for each in selected(objects, {"matchLabels": service["spec"]["selector"]})
            for container in containers(each)
        ]
        for port in service["spec"]["ports"]:
            if not reached or not all(port["targetPort"] in named_ports(container) for container in reached):
                yield f"the Service {name(service)} leads to a port {port['targetPort']} that is not there"


def probes(objects: list[Object]) -> set[tuple[str, str]]:
    """The port, by name, and the path of every probe."""
    return {
        (container[probe]["httpGet"]["port"], container[probe]["httpGet"]["path"])
        for each in objects
        for container in containers(each)
        for probe in _PROBES
        if probe in container
    }


def matches(selector: Object, labels: dict[str, str]) -> bool:
    """Does a label selector (matchLabels, and In of matchExpressions) choose these labels?"""
    return all(labels.get(key) == value for key, value in selector.get("matchLabels", {}).items()) and all(
        one["operator"] == "In" and labels.get(one["key"]) in one["values"]
        for one in selector.get("matchExpressions", ())
    )


def selected(objects: list[Object], selector: Object) -> list[Object]:
    """The objects whose pods it chooses."""
    return [each for each, _ in with_pods(objects) if matches(selector, pod(each)["metadata"]["labels"])]  # type: ignore[index] # it has pods


def selectors(objects: list[Object]) -> Iterator[str]:
    """Who selects, selects somebody; and nobody selects the pods of somebody else."""
    for each, spec in with_pods(objects):
        own = each["spec"].get("selector")
        if own is not None and selected(objects, own) != [each]:
            yield f"{name(each)} does not select its own pods alone"
        for selector in _spread(spec):
            if selected(objects, selector) != [each]:
                yield f"{name(each)} is not spread among its own pods"
    for each in of_kind(objects, "PodDisruptionBudget"):
        if [name(found) for found in selected(objects, each["spec"]["selector"])] != [name(each)]:
            yield f"the disruption budget {name(each)} is not for that Deployment"
    for each in of_kind(objects, "NetworkPolicy"):
        if not selected(objects, each["spec"]["podSelector"]):
            yield f"the policy {name(each)} is for nobody"
    for each in of_kind(objects, "HorizontalPodAutoscaler"):
        wanted = each["spec"]["scaleTargetRef"]
        if wanted["name"] not in {name(found) for found in of_kind(objects, wanted["kind"])}:
            yield f"the autoscaler {name(each)} is for nobody"


def _spread(spec: Object) -> Iterator[Object]:
    yield from (one["labelSelector"] for one in spec.get("topologySpreadConstraints", ()))
    apart = spec.get("affinity", {}).get("podAntiAffinity", {})
    yield from (
        one["podAffinityTerm"]["labelSelector"]
        for one in apart.get("preferredDuringSchedulingIgnoredDuringExecution", ())
    )


def exposure(objects: list[Object]) -> Iterator[str]:
    """From outside only the public port is reached, under the address that peers are told, with all they may send."""
    address = urlsplit(next(of_kind(objects, "ConfigMap"))["data"]["LIVE_AGENTS_PUBLIC_URL"])
    services = {name(each): each["spec"] for each in of_kind(objects, "Service")}
    for service, spec in services.items():
        if spec.get("type", "ClusterIP") != "ClusterIP":
            yield f"the Service {service} is open to the outside"
    for each in of_kind(objects, "Ingress"):
        hosts = {rule["host"] for rule in each["spec"]["rules"]}
        if address.scheme != "https" or hosts != {address.hostname}:
            yield f"the Ingress is for {sorted(hosts)}, and peers are told {address.geturl()}"
        if {host for tls in each["spec"].get("tls", ()) for host in tls["hosts"]} != hosts:
            yield "the Ingress has no certificate for its host"
        for path in (path for rule in each["spec"]["rules"] for path in rule["http"]["paths"]):
            wanted = path["backend"]["service"]
            found = {p["name"]: p["targetPort"] for p in services.get(wanted["name"], {"ports": []})["ports"]}
            if found.get(wanted["port"].get("name")) != "public":
                yield "the Ingress does not lead to the public port"
        yield from _proxy(each["metadata"]["annotations"])


def _proxy(annotations: dict[str, str]) -> Iterator[str]:
    """Both controllers are told the same: more than the largest body, longer than our slowest answer."""
    sizes = {
        annotations[key] for key in ("nginx.ingress.kubernetes.io/proxy-body-size", "nginx.org/client-max-body-size")
    }
    if any(int(size.removesuffix("m")) * _MEBIBYTE <= limits.WEBHOOK_BYTES for size in sizes) or len(sizes) > 1:
        yield "the Ingress takes no larger body than we read"
    for key, least in _LEAST_SECONDS.items():
        told = {annotations[f"nginx.ingress.kubernetes.io/{key}"], annotations[f"nginx.org/{key}"].removesuffix("s")}
        if len(told) > 1 or float(told.pop()) <= least:
            yield f"the Ingress has a {key} that is too short"


def isolation(objects: list[Object], database: str) -> Iterator[str]:
    """Each pod is cut off but for what it needs; a policy's ports are those of the pods it is for."""
    policies = list(of_kind(objects, "NetworkPolicy"))
    for each, _ in with_pods(objects):
        own = [policy["spec"] for policy in policies if each in selected(objects, policy["spec"]["podSelector"])]
        cut = {kind for spec in own for kind in spec["policyTypes"]}
        yield from (f"{name(each)} is open: {kind}" for kind in ("Ingress", "Egress") if kind not in cut)
        out = [
            (port["port"], rule["to"])
            for spec in own
            for rule in spec.get("egress", ())
            for port in rule.get("ports", ())
        ]
        if not any(number == 5432 and _is_database(to, database) for number, to in out):
            yield f"{name(each)} does not reach Postgres"
        if not any(number == 53 for number, _ in out):
            yield f"{name(each)} is told no names"
    for policy in policies:
        rules = [*policy["spec"].get("ingress", ()), *policy["spec"].get("egress", ())]
        if any(not rule.get("from", rule.get("to")) or not rule.get("ports") for rule in rules):
            yield f"the policy {name(policy)} lets in or out whoever comes"
        for port in (port["port"] for rule in policy["spec"].get("ingress", ()) for port in rule["ports"]):
            reached = selected(objects, policy["spec"]["podSelector"])
            if not any(port in named_ports(container) for each in reached for container in containers(each)):
                yield f"the policy {name(policy)} opens a port {port} that is not there"


def _is_database(to: list[Object], database: str) -> bool:
    return any(one.get("podSelector", {}).get("matchLabels", {}).get("cnpg.io/cluster") == database for one in to)


def numbers(objects: list[Object], database: Object) -> Iterator[str]:
    """Each number of replicas has one owner; there are connections for them all; nobody goes before another comes."""
    scaled = {
        each["spec"]["scaleTargetRef"]["name"]: each["spec"] for each in of_kind(objects, "HorizontalPodAutoscaler")
    }
    connections = 0
    for each in of_kind(objects, "Deployment"):
        spec: dict[str, Any] = each["spec"]
        if name(each) in scaled and "replicas" in spec:
            yield f"{name(each)} has two numbers of replicas"
        rolling = spec.get("strategy", {}).get("rollingUpdate", {})
        if rolling.get("maxUnavailable") != 0 or rolling.get("maxSurge") != 1:
            yield f"{name(each)} goes before another comes"
        most = scaled[name(each)]["maxReplicas"] if name(each) in scaled else spec.get("replicas", 1)
        connections += (most + 1) * 2 * POOL_SIZE
    allowed = int(database["spec"]["postgresql"]["parameters"]["max_connections"])
    if connections + SPARE_CONNECTIONS > allowed:
        yield f"{connections} connections may be opened, of {allowed}"
    if len({container["image"] for each in objects for container in containers(each)}) > 1:
        yield "there is more than one image"
