"""The probes, in the order in which they run and are shown. Imports no model library.

To add one: a file with a `Probe` in it, and its line here.
"""

from engine.audit.probe import Probe
from engine.audit.probes import (
    alpha_threshold,
    greedy,
    membership,
    membership_from_offset,
    negative_alpha,
    offset_inversion,
    over_forgetting,
    pair_alone,
    phrasings,
    quantised,
    relearning,
    reversed_guidance,
    sampling,
    version_difference,
)
from engine.errors import SettingError

PROBES: dict[str, Probe] = {
    probe.name: probe
    for probe in (
        greedy.PROBE,
        alpha_threshold.PROBE,
        *phrasings.ALL,
        sampling.PROBE,
        pair_alone.REFERENCE,
        pair_alone.TRAINED,
        offset_inversion.PROBE,
        negative_alpha.PROBE,
        membership_from_offset.NORM,
        membership_from_offset.LABEL,
        membership.MEMBERSHIP,
        reversed_guidance.PROBE,
        version_difference.VERSION_DIFFERENCE,
        quantised.QUANTISED_INT8,
        quantised.QUANTISED_INT4,
        quantised.QUANTISED_HALVES,
        relearning.RELEARNING_DISJOINT,
        relearning.RELEARNING_BENIGN,
        over_forgetting.OVER_FORGETTING,
    )
}


def chosen(names: tuple[str, ...]) -> list[Probe]:
    """The probes of these names, all for an empty list; `phrasing` stands for every `phrasing_...`.

    `SettingError` for an unknown name, listing the known ones.
    """
    found: dict[str, Probe] = {}
    for name in names or tuple(PROBES):
        family = {key: probe for key, probe in PROBES.items() if key == name or key.startswith(f"{name}_")}
        if not family:
            raise SettingError(f"there is no probe {name!r}; probes are: {', '.join(PROBES)}")
        found |= family
    return [probe for key, probe in PROBES.items() if key in found]
