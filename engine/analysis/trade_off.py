"""Stored means as the rows of a trade-off: one per run and α, with the fixed marks to read them against."""

from collections.abc import Collection
from typing import NamedTuple

import pandas as pd

from engine.data.examples import KEPT, SECRETS
from engine.evaluation.aggregates import AGGREGATES, FORGET_QUALITY, MODEL_UTILITY, SHOWN
from engine.evaluation.metrics import METRICS
from engine.names import RETAIN_ONLY, ModelRef, is_alone
from engine.wording import figure, split_word

TOLERANCE = 0.02  # of the base's utility
# The value of a measure when nothing is remembered; the distance from it shows how much is.
_REMEMBERED = {"lower is better": 0.0, "closer to 1 is better": 1.0, "higher is better": 1.0}


TOFU_METRICS = ("rouge", "probability", "probability_normalised", "truth_ratio")
LEAST = 1e-300  # a logarithmic axis cannot show a p-value of 0


class PointBar(NamedTuple):
    """The interval of a point, which may be None. `text`: mean, interval, n and people."""

    low: float | None = None
    high: float | None = None
    text: str = ""


class Measure(NamedTuple):
    """One measure on one part of the questions."""

    metric: str
    set: str
    split: str
    half: str

    @property
    def name(self) -> str:
        """As written in the address."""
        return "/".join(self)

    @property
    def label(self) -> str:
        half = f", {self.half} half" if self.half else ""
        metric = SHOWN[self.metric].label_on(self.split) if self.metric in SHOWN else self.metric
        if self.made_of_many:
            return metric
        return f"{metric} on {split_word(self.split)}{half}"

    @property
    def axis(self) -> tuple[float, float] | None:
        """Shares and probabilities always span 0 to 1, so that two charts compare; other units fit themselves."""
        return (-0.06, 1.06) if self.metric in SHOWN and SHOWN[self.metric].bounded else None

    @property
    def logarithmic(self) -> bool:
        """A p-value, of which the power of ten matters."""
        return self.metric == FORGET_QUALITY

    @property
    def of_answers(self) -> bool:
        """Whether it reads the answers, which depends on where they are cut."""
        return self.metric == MODEL_UTILITY or (self.metric in METRICS and bool(METRICS[self.metric].phrasing))

    def rests_on(self, metric: str, set_name: str, split: str, half: str) -> bool:
        """Whether a score of this metric, of a question in this place, is in the figure."""
        if self.metric == FORGET_QUALITY:
            return metric == "truth_ratio" and split == "forget"
        if self.metric == MODEL_UTILITY:
            return metric in TOFU_METRICS and split in KEPT
        return (metric, set_name, split, half) == tuple(self)

    def shown(self, value: float) -> str:
        return f"{value:.2g}" if self.logarithmic else figure(value)

    @property
    def made_of_many(self) -> bool:
        """Whether it is one figure of many questions of several parts, not a mean."""
        return self.metric in AGGREGATES

    @property
    def of_memory(self) -> bool:
        """Whether its mean shows how much is known: scores of one side of a comparison and fluency do not."""
        return self.metric not in METRICS or METRICS[self.metric].kind == "memory"

    @property
    def direction(self) -> str:
        return SHOWN[self.metric].direction(self.split) if self.metric in SHOWN else "no direction"


class ModelMark(NamedTuple):
    """A model without α: the base, or a model that never saw the forget set."""

    kind: str  # base | retain-only
    name: str
    run_id: int
    utility: float
    forget: float
    utility_bar: PointBar = PointBar()
    forget_bar: PointBar = PointBar()


class Published(NamedTuple):
    """Figures published by others, imported: without α, not measured here, and `unlike` says why they may not
    compare.
    """

    run_id: int
    name: str
    method: str
    utility: float
    forget: float
    source: str
    unlike: tuple[str, ...]

    @property
    def label(self) -> str:
        return f"imported: {self.method} ({self.name})"


class BestPoint(NamedTuple):
    """A sentence, and its run and α; without a run where none can be named."""

    words: str
    run_id: int | None = None
    alpha: float = 0.0


class Table(NamedTuple):
    """`frame`: run_id, run, pair, objective, alpha, forget, utility, questions, loops; by run and then α. Beside
    forget and utility stand the ends of their intervals and their words: forget_low, forget_high, forget_text, and
    so for utility.

    `questions` are those of the forget figure, `loops` the share of their answers that fell into a loop.
    """

    frame: pd.DataFrame
    marks: list[ModelMark]
    published: tuple[Published, ...] = ()  # in the chart and in words; never in the advice

    @property
    def run_ids(self) -> list[int]:
        return sorted({int(run_id) for run_id in self.frame["run_id"]} | {mark.run_id for mark in self.marks})

    def words(self, forget: Measure, utility: Measure) -> str:
        """What the chart shows, in words, for screen readers."""
        lines = [f"{forget.label} ({forget.direction}) against {utility.label} ({utility.direction})."]
        for _, path in self.frame.groupby("run_id", sort=False):  # two runs may share a name
            first, last = path.iloc[0], path.iloc[-1]
            lines.append(
                f"Run {first['run']}: from α = {first['alpha']:g} (forget {forget.shown(first['forget'])}, utility"
                f" {figure(first['utility'])}) to α = {last['alpha']:g} (forget {forget.shown(last['forget'])}, utility"
                f" {figure(last['utility'])})."
            )
        lines += [
            f"Fixed mark {mark.name}: forget {forget.shown(mark.forget)}, utility {figure(mark.utility)}."
            for mark in self.marks
        ]
        lines += [
            f"Mark of another kind, {item.label}: forget {forget.shown(item.forget)}, utility {figure(item.utility)}."
            for item in self.published
        ]
        return " ".join(lines)


def measures(means: pd.DataFrame) -> list[Measure]:
    """Everything with at least one mean, in a fixed order."""
    known = means[means["mean"].notna()]
    rows = known[["metric", "set", "split", "half"]].drop_duplicates().itertuples(index=False, name=None)
    order = list(METRICS)
    return sorted(
        (Measure(*map(str, row)) for row in rows),
        key=lambda item: (
            order.index(item.metric) if item.metric in order else len(order),
            item.set,
            item.split,
            item.half,
        ),
    )


def forget_measures(means: pd.DataFrame) -> list[Measure]:
    """Everything on a forget part that shows what is remembered; the share of loops is shown beside each of them."""
    return [item for item in measures(means) if item.split == "forget" and item.of_memory]


def utility_measures(means: pd.DataFrame) -> list[Measure]:
    """What must survive; the eval halves come first, because the pair never saw them. Leaks are not utility."""
    kept = [
        item
        for item in measures(means)
        if item.split not in SECRETS and item.of_memory and not item.metric.startswith("leak")
    ]
    return sorted(kept, key=lambda item: (item.metric != "rouge", item.half != "eval", item.split != "retain"))


def build(means: pd.DataFrame, forget: Measure, utility: Measure, second_seeds: Collection[int] = ()) -> Table:
    """Rows of `figures.with_intervals` where both measures are known. A run without a pair is a mark; so is every
    pair at α = 0, as the base.
    """
    columns = ["run_id", "run", "pair", "objective", "alpha"]
    loops = _side(means, forget._replace(metric="degenerate"), columns, {"mean": "loops"})
    both = (
        _side(means, forget, columns, {"mean": "forget", "count": "questions", **_bar_names("forget")})
        .merge(_side(means, utility, columns, {"mean": "utility", **_bar_names("utility")}), on=columns)
        .merge(loops, on=columns, how="left")  # earlier versions did not count them
        .sort_values(["run_id", "alpha"], ascending=[False, True])
        .reset_index(drop=True)
    )
    alone = both["pair"].map(is_alone).astype(bool)
    return Table(both[~alone].reset_index(drop=True), _marks(both, alone, second_seeds))


def _bar_names(side: str) -> dict[str, str]:
    return {name: f"{side}_{name}" for name in PointBar._fields}


def _side(means: pd.DataFrame, measure: Measure, columns: list[str], names: dict[str, str]) -> pd.DataFrame:
    """The rows of one measure, with columns renamed by `names`."""
    wanted = (means["metric"] == measure.metric) & (means["set"] == measure.set)
    wanted &= (means["split"] == measure.split) & (means["half"] == measure.half) & means["mean"].notna()
    chosen: pd.DataFrame = means.loc[wanted, [*columns, *names]].rename(columns=names)
    return chosen


def _marks(both: pd.DataFrame, alone: pd.Series, second_seeds: Collection[int]) -> list[ModelMark]:
    marks: dict[tuple[str, float, float], ModelMark] = {}
    for row, whole in zip(both.to_dict("records"), alone, strict=True):
        if not whole and row["alpha"] != 0:
            continue
        kind = RETAIN_ONLY if ModelRef.parse(row["pair"]).is_retain_only else "base"
        name = kind
        if row["run_id"] in second_seeds:
            kind, name = RETAIN_ONLY, RETAIN_ONLY + ", second seed"
        bars = [PointBar(*(row[column] for column in _bar_names(side).values())) for side in ("utility", "forget")]
        mark = ModelMark(kind, name, int(row["run_id"]), float(row["utility"]), float(row["forget"]), *bars)
        # Runs on one base agree at α = 0 except for rounding: one mark is enough.
        marks.setdefault((name, round(mark.utility, 3), round(mark.forget, 3)), mark)
    return sorted(marks.values(), key=lambda mark: mark.kind)


def best_point(table: Table, forget: Measure, utility: Measure) -> BestPoint:
    """The best forget figure while utility stays within 2 % of the run's own base (its α = 0), in words with its α."""
    if forget.direction not in _REMEMBERED or utility.direction != "higher is better":
        return BestPoint(
            "No advice with these measures: it needs a utility where higher is better, and a forget direction."
        )
    at_zero = table.frame[table.frame["alpha"] == 0].set_index("run_id")["utility"]
    frame = table.frame.assign(base=table.frame["run_id"].map(at_zero), remembered=_REMEMBERED[forget.direction])
    frame["remembered"] = (frame["forget"] - frame["remembered"]).abs()
    frame = frame[frame["base"].notna()]
    if frame.empty:
        return BestPoint(
            "No base (α = 0) was evaluated with these measures, so there is nothing to compare the utility with."
        )
    kept = frame[(frame["utility"] >= frame["base"] * (1 - TOLERANCE)) & (frame["alpha"] != 0)]
    if kept.empty:
        bases = " or ".join(dict.fromkeys(figure(value) for value in frame["base"]))
        return BestPoint(f"No evaluated α keeps {utility.label} within {TOLERANCE:.0%} of the base ({bases}).")
    best = kept.sort_values(["remembered", "alpha"]).iloc[0]
    least = "is closest to the retain model" if forget.logarithmic else "remembers least"
    words = (
        f"Of the α that were evaluated, α = {best['alpha']:g} of run {best['run']} {least}: {forget.label}"
        f" {forget.shown(best['forget'])}, while {utility.label} ({figure(best['utility'])}) stays within"
        f" {TOLERANCE:.0%} of the base's {figure(best['base'])}."
    )
    return BestPoint(words, int(best["run_id"]), float(best["alpha"]))
