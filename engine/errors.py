"""Every error a person may see.

    UnlearningError
    ├── SettingError    a value outside what is allowed
    ├── DataError       a file or its rows
    ├── ModelError      weights, vocabularies, manifests
    ├── RunError        starting, cancelling, reading a run
    │   └── DivergedError   a training whose loss is no number any more
    ├── StorageError    the database or the disk
    └── AccessError     whoever asks may not
        └── LogInError      nobody is logged in, or it was too long ago

A message is one sentence that names the thing, the value and what is allowed.
Pages and the command line show `UnlearningError` and nothing else.
"""


class UnlearningError(Exception):
    """Base of every error with a message written for a person."""


class SettingError(UnlearningError):
    """A setting has a value that is not allowed."""


class DataError(UnlearningError):
    """A question file cannot be read, or a row of it cannot be used."""


class ModelError(UnlearningError):
    """A model, adapter or manifest cannot be used."""


class RunError(UnlearningError):
    """A run cannot be started, cancelled or read."""


class DivergedError(RunError):
    """A loss became NaN or infinite at `step`; the model has gone back to its weights after `kept` steps."""

    def __init__(self, message: str, step: int, kept: int) -> None:
        super().__init__(message)
        self.step, self.kept = step, kept


class StorageError(UnlearningError):
    """The database or the disk refuses."""


class AccessError(UnlearningError):
    """Whoever asks may not come in, or may not do that."""


class LogInError(AccessError):
    """Nobody is logged in, or it was too long ago: logging in mends it."""
