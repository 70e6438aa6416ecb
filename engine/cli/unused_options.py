"""Options that the run would not use are refused: a person who writes one wants it to have an effect."""

from engine.cli.command import Arguments
from engine.errors import SettingError
from engine.names import is_alone
from engine.training_settings import TrainingSettings
from engine.unlearning.unused import unused_settings


def refuse_unused(arguments: Arguments, training: TrainingSettings) -> None:
    """Raise `SettingError` for an option of `train` that this training does not read, and where method and objective
    do not fit.
    """
    from engine.unlearning.methods import check_method  # brings torch

    check_method(training)
    unused = unused_settings(training)
    if arguments.on and ("objective" in unused or unused.keys() >= {"retain_weight", "retain_batches"}):
        unused["retain"] = "nothing is trained on what is kept, and --on says what is evaluated"
    refuse_given(arguments, unused)


def refuse_given(arguments: Arguments, unused: dict[str, str]) -> None:
    """Raise `SettingError` for the first option on the command line that would have no effect; `unused` says why, by
    option.
    """
    for name, reason in unused.items():
        if name in arguments.given:
            raise SettingError(f"--{name.replace('_', '-')} is not used here: {reason}; leave it out")


def refuse_for_model_alone(arguments: Arguments, alphas: tuple[float, ...]) -> None:
    """Raise `SettingError` for an option of alpha where the pair named is a model alone; alpha 0, which is what it
    does anyway, is allowed.
    """
    if is_alone(arguments.pair):
        reason = f"{arguments.pair} is a model alone, which answers the same at every alpha"
        refuse_given(
            arguments, {name: reason for name in ("alphas", "alpha_choice") if name != "alphas" or any(alphas)}
        )
