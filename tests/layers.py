"""A layer over this machine's file system: what is written goes into a directory, and the machine stays as it is.

Done with a mount namespace and an overlay, so it needs root and a kernel that lets it.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

_NO_RIGHTS = ("--inh-caps=-all", "--bounding-set=-all")

#: makes the overlay at $ROOT, to be written to or not ($MODE), and runs the words that follow in it
_ENTER = """
set -e
mount -t overlay overlay -o "index=off,lowerdir=/,upperdir=$UPPER,workdir=$WORK" "$ROOT"
mount --rbind /dev "$ROOT/dev"
mount -t proc proc "$ROOT/proc"
mount -o "remount,bind,$MODE" "$ROOT"
root=$ROOT
unset UPPER WORK ROOT MODE
exec chroot "$root" "$@"
"""


def reason_not_to() -> str | None:
    """Why there can be no layers here; None if there can."""
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        return "a rehearsal needs Linux, and root"
    with tempfile.TemporaryDirectory() as home:
        command = Layer(Path(home)).reading("true", user=1)
        tried = subprocess.run(command, capture_output=True, text=True, check=False)
    return None if tried.returncode == 0 else f"a rehearsal needs unshare, overlays and setpriv: {tried.stderr.strip()}"


class Layer:
    """A directory of changes, and how to run something as if they were made."""

    def __init__(self, home: Path) -> None:
        self.upper, self._work, self._root = home / "upper", home / "work", home / "root"
        for made in (self.upper, self._work, self._root):
            made.mkdir(parents=True)
            made.chmod(0o755)
        # The Python of this machine stands for the base image's; it may be where only its owner can look.
        for above in Path(sys.base_prefix).parents:
            self.make(str(above))

    def make(self, directory: str) -> None:
        made = self.upper / directory.lstrip("/")
        made.mkdir(parents=True, exist_ok=True)
        made.chmod(0o755)

    def copy(self, source: Path, to: str) -> None:
        """A file, or a directory's contents, to this path, as COPY does."""
        target = self.upper / to.lstrip("/")
        if source.is_dir():
            shutil.copytree(source, target, symlinks=True, dirs_exist_ok=True)
        else:
            shutil.copyfile(source, target)

    def writing(self, *words: str, where: str = "/") -> list[str]:
        """The command that runs these words as root; what they write is in `upper`."""
        return self._entering("rw", where, words)

    def reading(self, *words: str, user: int) -> list[str]:
        """The command that runs these words as a user without any rights, where nothing can be written."""
        as_user = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", "--no-new-privs", *_NO_RIGHTS]
        return self._entering("ro", "/", (*as_user, *words))

    def _entering(self, mode: str, where: str, words: tuple[str, ...]) -> list[str]:
        given = {"UPPER": self.upper, "WORK": self._work, "ROOT": self._root, "MODE": mode}
        into = ["unshare", "--mount", "--propagation", "private", "/bin/sh", "-c", _ENTER, "sh"]
        there = ["/bin/sh", "-c", 'cd "$0" && exec "$@"', where]
        return ["env", *(f"{name}={value}" for name, value in given.items()), *into, *there, *words]
