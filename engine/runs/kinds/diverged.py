"""What stays of a training that diverged."""

from engine.errors import DivergedError, RunError


def some_good(diverged: DivergedError | None, what: str) -> None:
    """`RunError` where a training diverged before a single step was good: then there is nothing to save."""
    if diverged and not diverged.kept:
        raise RunError(f"{diverged}; not one step was good, so no {what} was saved") from diverged


def note_of(diverged: DivergedError | None) -> str:
    return f"training diverged at step {diverged.step}; weights of step {diverged.kept}" if diverged else ""
