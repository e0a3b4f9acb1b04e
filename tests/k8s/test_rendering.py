"""Each overlay can be rendered, by kubectl as by us, and to the same."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.k8s.overlays import OVERLAYS, overlay
from tests.k8s.rendering import Object, merged, name, rendered

#: what kustomize puts behind the name of a generated ConfigMap
_HASH = re.compile(r"(live-agents-settings)-[a-z0-9]{10}\b")


@pytest.mark.parametrize("which", [*OVERLAYS, "monitoring"])
def test_kubectl_renders_the_same(which: str) -> None:
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        pytest.skip("there is no kubectl here")
    done = subprocess.run([kubectl, "kustomize", overlay(which)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    theirs = [found for found in yaml.safe_load_all(_HASH.sub(r"\1", done.stdout)) if found]
    assert by_name(theirs) == by_name(rendered(overlay(which)))


def by_name(objects: list[Object]) -> dict[tuple[str, str], Any]:
    """Without what old versions leave empty."""
    return {(each["kind"], name(each)): _full(each) for each in objects}


def _full(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _full(below) for key, below in value.items() if below not in ({}, None)}
    return [_full(each) for each in value] if isinstance(value, list) else value


def test_a_word_that_we_do_not_render_is_refused(tmp_path: Path) -> None:
    (tmp_path / "kustomization.yaml").write_text("kind: Kustomization\ncomponents: [more]\n")
    with pytest.raises(AssertionError, match="components"):
        rendered(tmp_path)


def test_a_patch_of_nothing_is_refused(tmp_path: Path) -> None:
    (tmp_path / "kustomization.yaml").write_text("kind: Kustomization\npatchesStrategicMerge: [patch.yaml]\n")
    (tmp_path / "patch.yaml").write_text("kind: Service\nmetadata: {name: nobody}\n")
    with pytest.raises(ValueError, match="not enough values"):
        rendered(tmp_path)


def test_named_things_are_merged_by_name_and_other_lists_replaced() -> None:
    old = {"containers": [{"name": "a", "image": "x", "args": ["1", "2"]}, {"name": "b"}], "replicas": 1}
    new = {"containers": [{"name": "a", "args": ["3"]}], "replicas": 2}
    assert merged(old, new) == {
        "containers": [{"name": "a", "image": "x", "args": ["3"]}, {"name": "b"}],
        "replicas": 2,
    }
