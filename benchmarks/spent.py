"""What processes have used of the machine, from /proc."""

import os
from pathlib import Path


def cpu(pid: int) -> float:
    """Seconds of a core that a process has used; 0 for one that has ended."""
    fields = _fields(Path(f"/proc/{pid}/stat"))
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") if len(fields) > 12 else 0.0


def of_postgres(postmaster: int) -> float:
    """The same of it and its processes, those that have ended too; 0 where it is not on this machine."""
    if not postmaster:
        return 0.0
    stats = {path: _fields(path) for path in Path("/proc").glob("[0-9]*/stat")}
    living = [
        int(path.parent.name) for path, fields in stats.items() if len(fields) > 1 and int(fields[1]) == postmaster
    ]
    ended = [int(each) for each in _fields(Path(f"/proc/{postmaster}/stat"))[13:15]]
    return sum(cpu(pid) for pid in [postmaster, *living]) + sum(ended) / os.sysconf("SC_CLK_TCK")


def memory(pid: int) -> float:
    """Resident MiB of a process."""
    fields = Path(f"/proc/{pid}/statm").read_text().split()
    return int(fields[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def _fields(path: Path) -> list[str]:
    try:
        return path.read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):  # it has ended meanwhile
        return []
