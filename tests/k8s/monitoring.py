"""What is wrong with how we are watched: rules, dashboards and who is scraped. No I/O."""

import json
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from prometheus_client import Counter, Gauge, Histogram

from channel import metrics
from tests.k8s.rendering import Object, name
from tests.k8s.ways import named_ports, of_kind, selected

#: by which everybody's series can be told apart
OF_PROMETHEUS = {"namespace", "pod", "le"}
#: of a page, from the fault on: the slowest may count as one only after so long
PAGED_SECONDS = 120
MEASURED_SECONDS = 6
SEVERITIES = {"page", "ticket"}

_SERIES = re.compile(r"\blive_agents_\w+")
_BY = re.compile(r"\bby \(([^)]*)\)")
_MATCHED = re.compile(r"\{([^}]*)\}")


def series() -> Mapping[str, set[str]]:
    """Every series that the code has, with its labels."""
    found: dict[str, set[str]] = {}
    for each in vars(metrics).values():
        if isinstance(each, Counter):
            found[f"{each._name}_total"] = set(each._labelnames)
        elif isinstance(each, Gauge):
            found[each._name] = set(each._labelnames)
        elif isinstance(each, Histogram):
            found |= {f"{each._name}_{part}": set(each._labelnames) for part in ("bucket", "sum", "count")}
    return found


def groups(objects: list[Object]) -> Iterator[Object]:
    yield from (group for each in of_kind(objects, "PrometheusRule") for group in each["spec"]["groups"])


def alerts(objects: list[Object]) -> list[Object]:
    return [rule for group in groups(objects) for rule in group["rules"]]


def dashboards(objects: list[Object]) -> Iterator[Any]:
    for each in of_kind(objects, "ConfigMap"):
        if "grafana_dashboard" in each["metadata"].get("labels", {}):
            yield from (json.loads(text) for text in each["data"].values())


def shown(objects: list[Object]) -> Iterator[tuple[str, str]]:
    """The title of each panel, and what it asks."""
    for board in dashboards(objects):
        yield from ((panel["title"], one["expr"]) for panel in board["panels"] for one in panel["targets"])


def expressions(objects: list[Object]) -> Iterator[str]:
    """What is asked is measured, and told apart by labels that it has."""
    asked = [(rule["alert"], rule["expr"]) for rule in alerts(objects)] + list(shown(objects))
    known = series()
    for whose, expression in asked:
        named = set(_SERIES.findall(expression))
        yield from (f"{whose} asks for {each}, which nobody measures" for each in sorted(named - set(known)))
        if not named:
            yield f"{whose} asks for nothing of ours"
        labels = OF_PROMETHEUS.union(*(known.get(each, set()) for each in named))
        yield from (f"{whose} tells apart by {each}" for each in sorted(_labels(expression) - labels))


def _labels(expression: str) -> set[str]:
    by = {label.strip() for found in _BY.findall(expression) for label in found.split(",")}
    matched = {re.split(r"[=!]", one)[0].strip() for found in _MATCHED.findall(expression) for one in found.split(",")}
    return by | matched


def runbooks(objects: list[Object], headings: Collection[str]) -> Iterator[str]:
    """Each alert says how urgent it is, what has happened, and where it stands what to do."""
    said = [rule["alert"] for rule in alerts(objects)]
    yield from (f"{each} is there twice" for each in sorted({each for each in said if said.count(each) > 1}))
    for rule in alerts(objects):
        notes = rule.get("annotations", {})
        if rule.get("labels", {}).get("severity") not in SEVERITIES:
            yield f"{rule['alert']} does not say how urgent it is"
        if not notes.get("summary", "").endswith("."):
            yield f"{rule['alert']} does not say what has happened"
        page, _, heading = notes.get("runbook", "").partition("#")
        if page != "docs/operations.md" or heading not in headings:
            yield f"{rule['alert']} leads to no heading"
        if heading != rule["alert"].lower():
            yield f"{rule['alert']} leads to the heading of another"


def times(objects: list[Object]) -> Iterator[str]:
    """What pages is seen in time, from the scrape to the rule."""
    (monitor,) = of_kind(objects, "ServiceMonitor")
    scraped = max(_seconds(each["interval"]) for each in monitor["spec"]["endpoints"])
    for group in groups(objects):
        for rule in group["rules"]:
            over = re.search(r"seconds\) > (\d+)$", rule["expr"])
            least = _seconds(rule.get("for", "0s")) + (float(over[1]) if over else 0)
            takes = least + MEASURED_SECONDS + scraped + _seconds(group["interval"])
            if rule["labels"].get("severity") == "page" and takes > PAGED_SECONDS:
                yield f"{rule['alert']} takes {takes:g} s"


def _seconds(said: str) -> float:
    return float(said[:-1]) * {"s": 1, "m": 60}[said[-1]]


def scraping(objects: list[Object]) -> Iterator[str]:
    """Every pod that serves is scraped, at its internal port."""
    (monitor,) = of_kind(objects, "ServiceMonitor")
    wanted = monitor["spec"]["selector"]["matchLabels"]
    services = [s for s in of_kind(objects, "Service") if wanted.items() <= s["metadata"]["labels"].items()]
    reached = set()
    for endpoint in monitor["spec"]["endpoints"]:
        if endpoint.get("path", "/metrics") != "/metrics":
            yield f"{endpoint['path']} is not where metrics are"
        for service in services:
            ports = {port["name"]: port["targetPort"] for port in service["spec"]["ports"]}
            if ports.get(endpoint["port"]) == "internal":
                reached |= {name(each) for each in selected(objects, {"matchLabels": service["spec"]["selector"]})}
    for each in of_kind(objects, "Deployment"):
        has = [named_ports(container) for container in each["spec"]["template"]["spec"]["containers"]]
        if any("internal" in ports for ports in has) and name(each) not in reached:
            yield f"nobody scrapes {name(each)}"
