"""What is wrong with the pods of some manifests: how they are run, what they are given, how they end. No I/O."""

from collections.abc import Iterator
from typing import Any

from pydantic import SecretStr, ValidationError

from channel.core import limits
from channel.delivery import worker
from channel.settings import Settings
from tests.k8s.rendering import Object, containers, name, pod

#: uvicorn's, for the requests that are under way
GRACEFUL_SECONDS = 15
#: a roll-out may take so long for each replica
GONE_WITHIN = 45
#: of `serve --role`
ROLES = {"edge": {"public", "internal"}, "deliver": {"internal"}, "all": {"public", "internal"}}

_UNITS = {"m": 1e-3, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30}
_CONTAINER = {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}
_FOR_ONE_EXCHANGE = limits.EXCHANGE_DEADLINE + worker.STOPPING_SECONDS


def with_pods(objects: list[Object]) -> Iterator[tuple[Object, Object]]:
    """Each object that makes pods, and the spec of those."""
    for each in objects:
        template = pod(each)
        if template is not None:
            yield each, template["spec"]


def role(container: Object) -> str | None:
    """Of `serve`; None for another verb."""
    words = [*container.get("args", ())]
    if words[:1] != ["serve"]:
        return None
    return words[words.index("--role") + 1] if "--role" in words else "all"


def privileges(objects: list[Object], user: int) -> Iterator[str]:
    """Pods run as this user and no more than they must, as the *restricted* standard asks."""
    for each, spec in with_pods(objects):
        context = spec.get("securityContext", {})
        if not context.get("runAsNonRoot") or context.get("runAsUser") != user or context.get("runAsGroup") != user:
            yield f"{name(each)} does not run as {user}"
        if context.get("seccompProfile") != {"type": "RuntimeDefault"}:
            yield f"{name(each)} has no seccomp profile"
        if spec.get("automountServiceAccountToken") is not False:
            yield f"{name(each)} gets a token"
        if spec.get("enableServiceLinks") is not False:
            yield f"{name(each)} gets variables of Services"
        if {"hostNetwork", "hostPID", "hostIPC", "volumes"} & set(spec):
            yield f"{name(each)} uses what is the host's"
        for container in containers(each):
            if container.get("securityContext") != _CONTAINER:
                yield f"{name(each)} may do more than it must"
    for each in objects:
        if each["kind"] == "ServiceAccount" and each.get("automountServiceAccountToken") is not False:
            yield f"{name(each)} gives a token"
        if each["kind"] == "Namespace" and (
            each["metadata"]["labels"].get("pod-security.kubernetes.io/enforce") != "restricted"
        ):
            yield f"the namespace {name(each)} is not restricted"


def resources(objects: list[Object]) -> Iterator[str]:
    """Everybody asks for what they need, and for no more than they may have."""
    for each, _ in with_pods(objects):
        for container in containers(each):
            for what in ("cpu", "memory"):
                least, most = (
                    container.get("resources", {}).get(kind, {}).get(what) for kind in ("requests", "limits")
                )
                if least is None or most is None:
                    yield f"{name(each)} names no {what}"
                elif amount(least) > amount(most):
                    yield f"{name(each)} asks for more {what} than it may have"


def amount(quantity: str) -> float:
    """A quantity of Kubernetes in its base unit: 250m is 0.25."""
    unit = quantity.lstrip("0123456789.")
    return float(quantity.removesuffix(unit)) * (_UNITS[unit] if unit else 1)


def endings(objects: list[Object]) -> Iterator[str]:
    """Who is told to stop has the time to, and says so before."""
    given = _settings(objects)
    drain = float(given.get("LIVE_AGENTS_DRAIN_SECONDS", Settings.model_fields["drain_seconds"].default))
    for each, spec in with_pods(objects):
        for container in containers(each):
            doing = role(container)
            if doing is None:
                continue
            waits = float(
                (container.get("lifecycle", {}).get("preStop", {}).get("exec") or {"command": ["sleep", "0"]})[
                    "command"
                ][1]
            )
            needed = waits + drain + (GRACEFUL_SECONDS if doing == "edge" else _FOR_ONE_EXCHANGE)
            if not needed <= spec.get("terminationGracePeriodSeconds", 30) <= GONE_WITHIN:
                yield f"{name(each)} needs {needed:g} s to end, of at most {GONE_WITHIN}"
            ready = container["readinessProbe"]
            if ready["periodSeconds"] * ready["failureThreshold"] + ready["timeoutSeconds"] > drain:
                yield f"{name(each)} is gone before its readiness has been seen"


def settings(objects: list[Object]) -> Iterator[str]:
    """What is given is a setting, has a value that is right, and is no secret in the clear."""
    known = {variable(field): field for field in Settings.model_fields}
    for each, _ in with_pods(objects):
        for container in containers(each):
            given = {one["name"]: one.get("value") for one in container.get("env", ())}
            for source in container.get("envFrom", ()):
                found = _config(objects, source["configMapRef"]["name"])
                if found is None:
                    yield f"{name(each)} is given a ConfigMap that is not there"
                given |= found or {}
            for setting, value in given.items():
                if setting not in known:
                    yield f"{name(each)} is given {setting}, which is no setting"
                elif value is not None:
                    yield from (f"{name(each)} is given {complaint}" for complaint in _wrong(known[setting], value))


def variable(field: str) -> str:
    return "DATABASE_URL" if field == "database_url" else f"LIVE_AGENTS_{field.upper()}"


def _wrong(field: str, value: str) -> Iterator[str]:
    if SecretStr.__name__ in repr(Settings.model_fields[field].annotation):
        yield f"the secret {variable(field)} in the clear"
    try:
        Settings(**{field: value})  # type: ignore[arg-type] # as the environment has it: text
    except ValidationError:
        yield f"a wrong {variable(field)}"


def _config(objects: list[Object], wanted: str) -> dict[str, str] | None:
    return next((dict(o["data"]) for o in objects if (o["kind"], name(o)) == ("ConfigMap", wanted)), None)


def _settings(objects: list[Object]) -> dict[str, str]:
    return {key: value for each in objects if each["kind"] == "ConfigMap" for key, value in each["data"].items()}


def references(objects: list[Object], offered: set[tuple[str, str]]) -> Iterator[str]:
    """Every Secret that is referred to is one that an example makes; no Secret and no key of one is in here."""
    for each in objects:
        if each["kind"] == "Secret":
            yield f"the Secret {name(each)} is written down"
    accounts = {name(each) for each in objects if each["kind"] == "ServiceAccount"}
    for each, spec in with_pods(objects):
        if spec.get("serviceAccountName") not in accounts:
            yield f"{name(each)} runs under an account that is not there"
        for container in containers(each):
            needs = {one["name"] for one in container.get("env", ()) if "valueFrom" in one}
            if needs != {"DATABASE_URL", "LIVE_AGENTS_SECRET_KEYS"}:
                yield f"{name(each)} lacks a secret"
            for one in container.get("env", ()):
                where = one.get("valueFrom", {}).get("secretKeyRef")
                if where and (where["name"], where["key"]) not in offered:
                    yield f"{name(each)} refers to {where['key']} of {where['name']}, which no example makes"


def offered(examples: list[Object]) -> set[tuple[str, str]]:
    """The Secrets that the examples make, with their keys."""
    found: set[tuple[str, str]] = set()
    for each in examples:
        spec: dict[str, Any] = each["spec"]
        if each["kind"] == "ExternalSecret":
            found |= {(spec["target"]["name"], one["secretKey"]) for one in spec["data"]}
        if each["kind"] == "Cluster":
            found.add((f"{name(each)}-app", "uri"))
    return found
