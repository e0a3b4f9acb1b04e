"""Is anything known to be wrong with what is installed? `python -m tests.supply`, as `make check` runs it.

`pip-audit` asks PyPI's vulnerability service about each pinned version. Where it can ask nobody, it says that nothing
was found all the same: what was not looked up is counted here, and said.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

#: what the image is made of and with, and all that the tests run
PINNED: Final = ("requirements-build.txt", "requirements-dev.txt", "requirements-fuzz.txt", "requirements-bench.txt")
#: seconds for one question
PATIENCE: Final = 5


@dataclass(frozen=True)
class Finding:
    """What an audit has come to."""

    asked: int  #: versions that were looked up
    unasked: Sequence[str]  #: and those that were not
    known: Sequence[str]  #: what is known to be wrong, a line each

    @property
    def failed(self) -> bool:
        return bool(self.known)

    def told(self) -> str:
        """What a person is to know of it; never nothing, and never that all is well when nobody was asked."""
        if self.known:
            return "\n".join(("known to be vulnerable:", *self.known))
        if not self.asked:
            return "NOT AUDITED: the vulnerability service could not be reached, so nobody knows what is known"
        if self.unasked:
            return f"{self.asked} versions have no known vulnerability; NOT AUDITED: {', '.join(self.unasked)}"
        return f"{self.asked} versions have no known vulnerability"


def read(report: str) -> Finding:
    """`pip-audit`'s report as JSON; "" where it came to none, because it could ask nobody at all."""
    versions: list[dict[str, Any]] = json.loads(report)["dependencies"] if report.strip() else []
    asked = [each for each in versions if "skip_reason" not in each]
    return Finding(
        len(asked),
        [str(each["name"]) for each in versions if "skip_reason" in each],
        [
            f"{each['name']} {each['version']}: {found['id']}, fixed in {', '.join(found['fix_versions']) or 'none'}"
            for each in asked
            for found in each["vulns"]
        ],
    )


def audit(files: Sequence[str] = PINNED) -> Finding:
    """Ask about every version in these files."""
    with tempfile.TemporaryDirectory() as directory:
        report = Path(directory) / "report.json"
        pinned = [word for name in files for word in ("-r", name)]
        options = ("--disable-pip", "--require-hashes", "--progress-spinner", "off", "--timeout", str(PATIENCE))
        ran = subprocess.run(
            [Path(sys.executable).with_name("pip-audit"), *pinned, *options, "-f", "json", "-o", report],
            capture_output=True,
            text=True,
            check=False,
        )
        found = report.read_text() if report.exists() else ""
    if not found and "onnect" not in ran.stderr:
        # neither a report nor an unreachable service: the audit itself is broken
        raise SystemExit(f"pip-audit failed: {ran.stderr.strip().splitlines()[-1:]}")
    return read(found)


def main() -> int:
    finding = audit()
    print(finding.told())
    return int(finding.failed)


if __name__ == "__main__":
    sys.exit(main())
