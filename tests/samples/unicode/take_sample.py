"""Takes the sample of emoji-test.txt that lies beside this file.

python take_sample.py PATH_OF/emoji-test.txt > emoji-test-sample.txt, the file being one of
https://www.unicode.org/Public/emoji/. Its head stays, with Unicode's copyright; of what follows, the first line of each
status in each subgroup, and every 25th line.
"""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

STEP = 25


def sample(lines: Iterable[str]) -> Iterator[str]:
    seen: set[tuple[str, str]] = set()
    group = ""
    for number, line in enumerate(lines):
        if line.startswith("#") or not line.strip():
            group = line if line.startswith("# subgroup") else group
            if not group and "group" not in line:
                yield line
            continue
        status = line.partition(";")[2].partition("#")[0].strip()
        if (group, status) not in seen or number % STEP == 0:
            yield line
        seen.add((group, status))


if __name__ == "__main__":
    sys.stdout.writelines(sample(Path(sys.argv[1]).read_text().splitlines(keepends=True)))
