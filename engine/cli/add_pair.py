"""`python -m engine add-pair`: a pair that was not made here, by its models or by its own folder or zip."""

from collections.abc import Sequence

import click

from engine.cli.command import Arguments, command
from engine.errors import SettingError
from engine.settings import check_alpha, local_path
from engine.terminal import Printed

MODELS = ("name", "base", "reference", "trained")


@command("add-pair", "add a pair that was made elsewhere, checked and loaded once")
@click.option("--name", default="", help="name of the pair here (with --from the default is its own)")
@click.option("--base", default="", help="the base M: demo, a folder, a GGUF file or a hub name")
@click.option("--reference", default="", help="the reference Mo: the same")
@click.option("--trained", default="", help="M'o: folder, zip or hub name of a peft adapter on Mo, or of a whole model")
@click.option("--alpha", default="1", help="its recommended alpha (default: 1)")
@click.option("--from", "source", default="", metavar="PATH", help="folder or zip of a pair that this program made")
def add_pair(arguments: Arguments) -> Printed:
    from engine.models import added_pairs

    if arguments.source:
        _refuse([name for name in (*MODELS[1:], "alpha") if name in arguments.given], "is not used with --from")
        manifest = added_pairs.add_pair_files(local_path(arguments.source), arguments.name)
    else:
        _refuse([name for name in MODELS if not getattr(arguments, name)], "must be given, or --from PATH")
        names = arguments.base, arguments.reference, arguments.trained
        manifest = added_pairs.add_pair(arguments.name, *names, check_alpha(arguments.alpha))
    words = (
        f"pair {manifest.name} is added: base {manifest.base}, reference {manifest.reference}, tuning"
        f" {manifest.tuning}, objective {manifest.objective}. Try it: python -m engine evaluate --pair {manifest.name}"
    )
    data = {name: getattr(manifest, name) for name in (*MODELS[:3], "tuning", "objective", "recommended_alpha", "note")}
    return Printed(data, words)


def _refuse(names: Sequence[str], words: str) -> None:
    if names:
        raise SettingError(f"--{names[0].replace('_', '-')} {words}")
