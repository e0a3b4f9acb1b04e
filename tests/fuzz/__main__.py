"""`python -m tests.fuzz PARSER [libFuzzer's options]`: atheris looks for bytes that break a parser, guided by coverage.

`make fuzz` runs it. What it comes upon goes into `.live-agents/fuzz`, and never into the corpus: that is kept by hand.
"""

import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

import atheris

with atheris.instrument_imports(include=["channel", "defusedxml", "json", "tomllib", "urllib"]):
    from tests.fuzz.parsers import PARSERS, REFUSED

from tests.fuzz.corpus import CORPUS, dictionary

FOUND: Final = Path(".live-agents/fuzz")
#: bytes of a body, and seconds it may take
LONGEST, PATIENCE = 4096, 5


def main(name: str, *given: str) -> None:
    if name not in PARSERS:
        sys.exit(f"TARGET is one of {', '.join(PARSERS)}")
    found, words = FOUND / name, FOUND / f"{name}.dict"
    found.mkdir(parents=True, exist_ok=True)
    words.write_text(dictionary(name))
    limits = [f"-max_len={LONGEST}", f"-timeout={PATIENCE}", f"-dict={words}", f"-artifact_prefix={FOUND}/{name}-"]
    parse = PARSERS[name]

    def any_bytes(body: bytes) -> None:
        with suppress(*REFUSED):
            parse(body)

    atheris.Setup([sys.argv[0], *limits, *given, str(found), str(CORPUS / name)], any_bytes)
    atheris.Fuzz()


if __name__ == "__main__":
    main(*(sys.argv[1:] or [""]))
