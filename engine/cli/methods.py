"""`python -m engine methods`: which methods, objectives and tunings a pair can be trained with, and where each comes
from.
"""

from dataclasses import asdict

from engine.cli.command import Arguments, command
from engine.models.tunings import TUNINGS
from engine.terminal import Printed
from engine.unlearning.objective import Objective
from engine.unlearning.objectives import OBJECTIVES, declared_numbers


@command("methods", "list methods, objectives and tunings, each with its formula and source")
def methods(_: Arguments) -> Printed:
    from engine.unlearning.methods import METHODS  # brings torch, which the other commands need not wait for

    ways = [
        {"name": entry.name, "label": entry.label, "formula": entry.formula, "source": entry.source}
        for entry in METHODS.values()
    ]

    objectives = [
        {
            "name": entry.name,
            "label": entry.label,
            "formula": entry.formula,
            "source": entry.source,
            "retain_term": entry.retain_term,
            **_own_defaults(entry),
        }
        for entry in OBJECTIVES.values()
    ]
    tunings = [asdict(entry) for entry in TUNINGS.values()]
    lines = []
    for title, rows in (("methods", ways), ("objectives", objectives), ("tunings", tunings)):
        lines += [
            f"{title}:",
            *(f"  {row['name']:<20} {row['label']}: {row['formula']} [{row['source']}]" for row in rows),
        ]
    return Printed({"methods": ways, "objectives": objectives, "tunings": tunings}, "\n".join(lines))


def _own_defaults(entry: Objective) -> dict[str, float | None]:
    """By name, each number whose default depends on the objective, so that `train --help` cannot say it; None where
    this objective does not read it.
    """
    own = {number.name: number.default for number in entry.numbers}
    return {name: own.get(name) for name, number in declared_numbers().items() if number.default is None}
