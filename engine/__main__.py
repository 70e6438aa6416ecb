"""`python -m engine COMMAND`: see `cli`."""

import sys
import warnings


def run() -> int:
    if not sys.warnoptions:  # nobody asked to see what libraries warn each other of
        warnings.simplefilter("ignore")
    try:
        from engine.cli import main  # takes a second, in which Ctrl-C is to end in a word, not in a traceback

        return main()
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(run())
