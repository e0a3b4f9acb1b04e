"""python -m channel."""

import gc
from importlib import import_module


def main() -> None:
    """The command line. Nothing that is loaded is garbage, so none is looked for meanwhile: a tenth of a start."""
    gc.disable()
    import_module("channel.cli.main").main()


if __name__ == "__main__":
    main()
