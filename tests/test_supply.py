"""What is installed: an audit that could ask nobody says so, and the list of what is in the image is made."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.supply import PINNED, read

ROOT = Path(__file__).parent.parent
FINE = {"name": "attrs", "version": "25.1", "vulns": []}
SKIPPED = {"name": "idna", "skip_reason": "Dependency not found on PyPI and could not be audited"}
KNOWN = {"name": "jinja2", "version": "2.10", "vulns": [{"id": "PYSEC-2019-217", "fix_versions": ["2.10.1"]}]}


@pytest.mark.parametrize(
    ("report", "failed", "told"),
    [
        ([FINE, FINE], False, "2 versions have no known vulnerability"),
        ([FINE, KNOWN], True, "jinja2 2.10: PYSEC-2019-217, fixed in 2.10.1"),
        ([FINE, SKIPPED], False, "1 versions have no known vulnerability; NOT AUDITED: idna"),
        ([SKIPPED, SKIPPED], False, "NOT AUDITED: the vulnerability service could not be reached"),
        ([SKIPPED, KNOWN], True, "known to be vulnerable"),
        (None, False, "NOT AUDITED: the vulnerability service could not be reached"),
    ],
)
def test_an_audit_says_what_it_did_not_look_up(report: list[dict[str, object]] | None, failed: bool, told: str) -> None:
    found = read("" if report is None else json.dumps({"dependencies": report}))
    assert found.failed is failed
    assert told in found.told()


def test_every_pinned_version_is_audited() -> None:
    """The files for the tests hold all that the service and the demo need."""
    audited = {pin for name in PINNED for pin in pins(name)}
    assert audited >= {*pins("requirements.txt"), *pins("requirements-demo.txt")}


def pins(name: str) -> set[str]:
    return set(re.findall(r"^([\w.-]+==\S+)", (ROOT / name).read_text(), re.MULTILINE))


def test_the_list_of_what_is_in_the_image_names_every_version_with_its_hashes(tmp_path: Path) -> None:
    made = tmp_path / "sbom.json"
    subprocess.run(["make", "--no-print-directory", "sbom", f"SBOM={made}"], cwd=ROOT, check=True, capture_output=True)
    listed = json.loads(made.read_text())
    assert (listed["bomFormat"], listed["metadata"]["component"]["name"]) == ("CycloneDX", "live-agents")
    assert {f"{each['name']}=={each['version']}" for each in listed["components"]} == pins("requirements.txt")
    for each in listed["components"]:
        assert any(reference.get("hashes") for reference in each["externalReferences"]), each["name"]
    text = made.read_text()
    assert str(ROOT) not in text
    assert sys.prefix not in text
