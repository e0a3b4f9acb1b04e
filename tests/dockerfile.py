"""A Dockerfile as data: its stages and their instructions. Knows the words that ours uses, and refuses others."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path

KNOWN = {"ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL", "RUN", "USER", "WORKDIR"}


@dataclass
class Stage:
    """What one FROM begins, in order: the word of each instruction, and what follows it."""

    name: str
    base: str
    steps: list[tuple[str, str]] = field(default_factory=list)

    def last(self, word: str) -> str:
        """What the last instruction of this word says; "" if there is none."""
        return next((said for found, said in reversed(self.steps) if found == word), "")

    def exec_form(self, word: str) -> list[str]:
        """The words of CMD, ENTRYPOINT, or HEALTHCHECK's CMD; ValueError if a shell would read them."""
        found: list[str] = json.loads(self.last(word).rpartition("CMD ")[2])
        return found

    def environment(self) -> dict[str, str]:
        return {
            k: v for word, said in self.steps if word == "ENV" for k, v in (one.split("=", 1) for one in said.split())
        }


def stages(path: Path) -> list[Stage]:
    found: list[Stage] = []
    for word, said in _instructions(path.read_text()):
        assert word in KNOWN, f"{word} is not known here"
        if word == "FROM":
            base, _, name = said.partition(" AS ")
            found.append(Stage(name, base))
        elif found:
            found[-1].steps.append((word, said))
    return found


def arguments(path: Path) -> dict[str, str]:
    """What the arguments before the first stage are, if nobody says otherwise."""
    said = path.read_text().partition("\nFROM ")[0]
    return dict(re.findall(r"^ARG (\w+)=(\S+)$", said, re.MULTILINE))


def _instructions(text: str) -> Iterator[tuple[str, str]]:
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    for whole in re.sub(r"\\\n\s*", "", "\n".join(lines)).splitlines():
        word, _, said = whole.partition(" ")
        yield word, said.strip()


def context(root: Path, ignoring: Path) -> Iterator[Path]:
    """The files that a build may copy: all but what .dockerignore leaves out; a later line overrules an earlier one."""
    rules = [line for line in ignoring.read_text().splitlines() if line and not line.startswith("#")]
    tops = [top for top in root.iterdir() if _kept(top.name, rules)]
    for top in tops:
        for file in [top] if top.is_file() else (found for found in top.rglob("*") if found.is_file()):
            if _kept(str(file.relative_to(root)), rules):
                yield file


def _kept(path: str, rules: list[str]) -> bool:
    parts = path.split("/")
    above = ["/".join(parts[:n]) for n in range(1, len(parts) + 1)]
    kept = True
    for rule in rules:
        pattern = rule.removeprefix("!")
        names = parts if pattern.startswith("**/") else above
        if any(fnmatch(one, pattern.removeprefix("**/")) for one in names if pattern != "*" or one == parts[0]):
            kept = rule.startswith("!")
    return kept
