"""How a command is loaded: quickly, and with nothing left switched off."""

import gc
import sys
from subprocess import run

from channel import serving

_SAYS_SO = """
import atexit, gc, sys
atexit.register(lambda: print(gc.isenabled(), gc.get_freeze_count() > 10_000, "tortoise" in sys.modules))
from channel.__main__ import main
sys.argv = ["live-agents", *sys.argv[1:]]
main()
"""


def test_garbage_is_collected_again_once_a_verb_is_loaded_and_no_tools_of_the_schema_are() -> None:
    ended = run([sys.executable, "-c", _SAYS_SO, "keys", "generate"], capture_output=True, text=True, check=True)
    assert ended.stdout.splitlines()[-1] == "True True False"


def test_a_service_looks_for_garbage_seldom_and_still_does() -> None:
    before = gc.get_threshold()
    try:
        serving.garbage_is_looked_for_seldom()
        assert gc.isenabled()
        assert gc.get_threshold()[0] == 20_000
    finally:
        gc.set_threshold(*before)
