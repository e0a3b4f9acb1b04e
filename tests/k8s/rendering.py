"""The little of kustomize that `k8s/` uses: bases, resources, images, namespace, settings and patches.

So its overlays are checked where there is no kubectl; where there is one, a test compares the two.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

Object = dict[str, Any]

#: what a kustomization may say here; a word that is not among these is not rendered, but refused
KNOWN = {
    "apiVersion",
    "kind",
    "bases",
    "resources",
    "namespace",
    "images",
    "configMapGenerator",
    "patchesStrategicMerge",
}
#: kinds that belong to no namespace
CLUSTER_WIDE = {"Namespace"}


def rendered(directory: Path) -> list[Object]:
    """The objects of a kustomization. A generated ConfigMap keeps its name as it is, without a hash."""
    said = yaml.safe_load((directory / "kustomization.yaml").read_text())
    assert set(said) <= KNOWN, f"{directory} says {set(said) - KNOWN}"
    objects = [found for base in said.get("bases", ()) for found in rendered(directory / base)]
    objects += [found for name in said.get("resources", ()) for found in documents(directory / name)]
    for generated in said.get("configMapGenerator", ()):
        _generate(objects, generated)
    for name in said.get("patchesStrategicMerge", ()):
        for patch in documents(directory / name):
            target = _same(objects, patch)
            objects[objects.index(target)] = merged(target, patch)
    for image in said.get("images", ()):
        _rename(objects, image)
    if "namespace" in said:
        for each in objects:
            if each["kind"] not in CLUSTER_WIDE:
                each["metadata"]["namespace"] = said["namespace"]
    return objects


def documents(path: Path) -> list[Object]:
    return [found for found in yaml.safe_load_all(path.read_text()) if found]


def merged(old: Any, new: Any) -> Any:
    """A strategic merge: mappings by key, lists of things with a name by that name, every other list as a whole."""
    if isinstance(old, dict) and isinstance(new, dict):
        return {
            key: merged(old[key], new[key]) if key in old and key in new else {**old, **new}[key] for key in old | new
        }
    if isinstance(old, list) and isinstance(new, list) and all(isinstance(e, dict) and "name" in e for e in old + new):
        by_name = {each["name"]: each for each in old}
        for each in new:
            by_name[each["name"]] = merged(by_name[each["name"]], each) if each["name"] in by_name else each
        return list(by_name.values())
    return new


def _generate(objects: list[Object], generated: Object) -> None:
    data = dict(literal.split("=", 1) for literal in generated["literals"])
    if generated.get("behavior") == "merge":
        target = _same(objects, {"kind": "ConfigMap", "metadata": {"name": generated["name"]}})
        target["data"] |= data
        return
    objects.append({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": generated["name"]}, "data": data})


def _same(objects: list[Object], wanted: Object) -> Object:
    """The one object of this kind and name."""
    (found,) = [o for o in objects if (o["kind"], name(o)) == (wanted["kind"], name(wanted))]
    return found


def _rename(objects: list[Object], image: Object) -> None:
    for each in objects:
        for container in containers(each):
            if container["image"] == image["name"]:
                container["image"] = f"{image['newName']}:{image['newTag']}"


def name(of: Object) -> str:
    found: str = of["metadata"]["name"]
    return found


def pod(of: Object) -> Object | None:
    """The template of the pods that an object makes, if it makes any."""
    template: Object | None = of.get("spec", {}).get("template") if of["kind"] in {"Deployment", "Job"} else None
    return template


def containers(of: Object) -> Iterator[Object]:
    template = pod(of)
    if template is not None:
        yield from template["spec"].get("initContainers", ())
        yield from template["spec"]["containers"]
