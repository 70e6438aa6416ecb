"""The measure for every other probe: the original question, answered greedily at the audited alpha."""

from engine.audit.asking import LEAK_UNIT, as_asked, asked_with_floor
from engine.audit.probe import Probe

PROBE = Probe(
    name="greedy",
    label="As asked, greedy",
    sentence="Asks the original question and takes the likeliest answer.",
    source="the measure that the other probes must beat",
    unit=LEAK_UNIT,
    run=lambda ctx: asked_with_floor(ctx, as_asked),
)
