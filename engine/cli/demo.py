"""`python -m engine demo`: the demo's base, and its recorded runs."""

import click

from engine.cli.command import Arguments, command
from engine.store import history, recorded_runs
from engine.store.questions import sort_demo
from engine.terminal import Bar, Printed


@command("demo", "fetch the demo's base and store its recorded evaluation")
@click.option(
    "--rebuild",
    is_flag=True,
    help=(
        "make the demo's weights again from the seed (more than an hour on two cores; if stopped, it continues where it"
        " was)"
    ),
)
def demo(arguments: Arguments) -> Printed:
    from engine.models.demo import fetch_demo

    with Bar() as bar:
        if arguments.rebuild:
            from engine.runs.demo.rebuild import rebuild_demo

            rebuild_demo(bar)
        else:
            fetch_demo(bar)
    runs = recorded_runs.import_demo_run()
    names = [history.run_detail(run_id).summary.name for run_id in runs]
    gone = sort_demo()
    data = {"ready": True, "runs": names, "erased_questions": len(gone.gone)}
    words = f"the demo is ready; recorded runs: {', '.join(names) or 'none'}"
    return Printed(data, "; ".join(filter(None, (words, gone.words))))
