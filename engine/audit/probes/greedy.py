"""What every other probe is read against: the question as it stands, answered greedily at the alpha under audit."""

from engine.audit.asking import LEAK_UNIT, as_asked, asked_with_floor
from engine.audit.probe import Probe

PROBE = Probe(
    name="greedy",
    label="As asked, greedy",
    sentence="Asks the question as it stands and takes the likeliest answer.",
    source="the measure that the other probes are to beat",
    unit=LEAK_UNIT,
    run=lambda ctx: asked_with_floor(ctx, as_asked),
)
