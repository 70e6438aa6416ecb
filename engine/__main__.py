"""`python -m engine COMMAND`: see `cli`."""

import os
import sys
import warnings


def run() -> int:
    if not sys.warnoptions:  # users need not see the warnings of libraries
        warnings.simplefilter("ignore")
    try:
        from engine.cli.main import main  # takes a second, in which Ctrl-C should give a message, not a traceback
        from engine.settings import keep_private

        keep_private()
        return main()
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr, flush=True)
        os._exit(2)  # where Ctrl-C fell into an exec of some library, Python would end by the signal, caught or not


if __name__ == "__main__":
    sys.exit(run())
