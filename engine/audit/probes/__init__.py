"""The leak probes by name, in the order in which they are shown. Imports no torch."""

from engine.audit.probe import Probe
from engine.audit.probes.membership import MEMBERSHIP
from engine.audit.probes.over_forgetting import OVER_FORGETTING
from engine.audit.probes.quantised import QUANTISED_HALVES, QUANTISED_INT4, QUANTISED_INT8
from engine.audit.probes.relearning import RELEARNING_BENIGN, RELEARNING_DISJOINT
from engine.audit.probes.version_difference import VERSION_DIFFERENCE

PROBES: dict[str, Probe] = {
    probe.name: probe
    for probe in (
        VERSION_DIFFERENCE,
        RELEARNING_DISJOINT,
        RELEARNING_BENIGN,
        QUANTISED_INT8,
        QUANTISED_INT4,
        QUANTISED_HALVES,
        MEMBERSHIP,
        OVER_FORGETTING,
    )
}
