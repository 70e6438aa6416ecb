"""`python -m engine tasks`: multiple-choice tasks through lm-evaluation-harness, in a run."""

import click

from engine.analysis.task_figures import FORMULAS, TaskFigure, task_figures
from engine.cli import options
from engine.cli.command import Arguments, command
from engine.cli.running import execute, run_data
from engine.cli.unused_options import refuse_for_model_alone
from engine.data.tasks import FOLDER_VARIABLE, TASKS, get_task, tasks_folder
from engine.kinds import TasksSpec
from engine.runs.kinds.tasks import CUT, HARNESS
from engine.settings import parse_alphas
from engine.store import history
from engine.terminal import Printed
from engine.wording import named_run, run_name

ITEMS = TasksSpec.model_fields["limit"].default
COLUMNS = ("task", "alpha", "acc", "±", "acc_norm", "±", "chance", "n")
WIDTHS = (14, 6, 6, 6, 9, 6, 7, 6)


@command("tasks", "multiple-choice tasks through lm-evaluation-harness")
@options.pair_or_model
@click.option("--alphas", default="0,1", help="alphas, as 0,1; 0 is always among them (default: 0,1)")
@click.option("--task", multiple=True, metavar="NAME", help=f"{', '.join(TASKS)}; may be repeated (default: all)")
@click.option(
    "--limit",
    type=int,
    default=ITEMS,
    metavar="N",
    help=f"the first N items of each task, as the harness takes them (default: {ITEMS})",
)
@click.option(
    "--data",
    default="",
    metavar="FOLDER",
    help=f"folder of task files (default: the one in {FOLDER_VARIABLE}; without either, the hub's datasets)",
)
@click.option("--name", default="", help="name of the run (default: tasks-PAIR)")
def tasks(arguments: Arguments) -> Printed:
    names = tuple(dict.fromkeys(arguments.task or TASKS))
    for name in names:
        get_task(name)
    alphas = parse_alphas(arguments.alphas)
    refuse_for_model_alone(arguments, alphas)
    spec = TasksSpec(
        name=arguments.name or run_name("tasks", arguments.pair),
        pair=arguments.pair,
        alphas=alphas,
        evaluate_on=names,
        limit=arguments.limit,
        task_folder=tasks_folder(arguments.data),
    )
    summary = execute(spec, arguments)
    figures = task_figures(summary.id)
    versions = history.run_detail(summary.id).versions
    harness, cut = versions[HARNESS], int(versions[CUT])
    lines = [f"{named_run(summary)} finished, {HARNESS} {harness}", _line(COLUMNS), *map(_figure, figures), FORMULAS]
    if cut:
        lines.append(
            f"{cut} choices: the beginning of the context was cut, as the harness does, to what the models can read"
        )
    data = {"figures": [figure._asdict() for figure in figures], HARNESS: harness, "contexts_cut": cut}
    return Printed({**run_data(summary), **data}, "\n".join(lines))


def _figure(figure: TaskFigure) -> str:
    shares = (figure.accuracy, figure.accuracy_error, figure.normalised, figure.normalised_error, figure.chance)
    shown = ("n/a" if share is None else f"{share:.3f}" for share in shares)
    return _line((figure.task, f"{figure.alpha:g}", *shown, str(figure.items)))


def _line(cells: tuple[str, ...]) -> str:
    first, *others = zip(cells, WIDTHS, strict=True)
    return f"{first[0]:<{first[1]}}" + "".join(f"{cell:>{width}}" for cell, width in others)
