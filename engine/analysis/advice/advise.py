"""The advice: which α meets a demand, how certain that is, and what to watch for. Reads neither database nor model."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

from engine.analysis.advice.cautions import Caution, cautions, changed
from engine.analysis.advice.choice import (
    AlphaSpan,
    Front,
    advised,
    front,
    knee_place,
    meets,
    nearest,
    shortfall,
    spans,
    utility,
)
from engine.analysis.advice.pieces import MeasuredPart, Pieces, make_pieces
from engine.analysis.advice.resample import RESAMPLES, Bounds, Resampled, resample
from engine.analysis.exact_curves import MappedQuestion
from engine.errors import DataError
from engine.evaluation.leak_rule import LEAK_RULE_VERSION
from engine.settings import Demand

FORMAT = 1


@dataclass(frozen=True)
class LeakBaseline:
    """Share of the forget questions that leak on the retain model; None where it was asked none of them."""

    share: float | None
    questions: int  # number of forget questions it was asked

    def limit(self, forget_questions: int) -> float:
        """The leak share that it allows: 0 unless all forget questions were asked, as nothing is known of the
        others.
        """
        return self.share if self.share is not None and self.questions >= forget_questions else 0.0


@dataclass(frozen=True)
class KeptPart:
    """One part to keep: mean ROUGE-L recall of the base, and at the α shown."""

    name: str
    base: float
    there: float
    questions: int
    persons: int


@dataclass(frozen=True)
class Basis:
    """The basis of the advice, besides the demand. The range is where α was searched."""

    low: float
    high: float
    forget_questions: int
    forget_persons: int
    partial: int  # maps with an answer that was not followed to its end
    floor: LeakBaseline
    leak_rule: int  # its version
    max_new_tokens: int
    pair: str  # key of the pair's maps, which changes with its tokenizer, template or reference
    unnamed: int = 0  # number of forget questions from files without a split
    reworded: int = 0  # number of forget questions that leak where either of two phrasings does


@dataclass(frozen=True)
class Advice:
    """`alpha`: to use where `met`, else the nearest. `limit`: the leak share in force. `recommended_met`: whether
    the pair's own α meets it, None outside the range.

    `spans` are the alphas that meet the demand. `leaks` and `utility` are those at `alpha`, utility as a share of
    the base's in the weakest part. By the leak rule the base answers `known` retain questions; `lost` of these are
    not answered at `alpha`, while `gained` others are.
    """

    demand: Demand
    limit: float
    met: bool
    alpha: float
    spans: tuple[AlphaSpan, ...]
    leaks: float
    utility: float
    parts: tuple[KeptPart, ...]
    known: int
    lost: int
    gained: int
    recommended_alpha: float
    recommended_met: bool | None
    front: tuple[Front, ...]
    knee: Front | None
    resampled: Resampled
    cautions: tuple[Caution, ...]
    basis: Basis

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values, from which `from_json` makes the same advice."""
        return {
            "format": FORMAT,
            **asdict(self),
            "spans": [span._asdict() for span in self.spans],
            "front": [_point(point) for point in self.front],
            "knee": None if self.knee is None else _point(self.knee),
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """Raises `DataError` for anything but an advice of this version of the program."""
        try:
            if data["format"] != FORMAT:
                raise ValueError(f"format {data['format']!r}")
            fields = {name: value for name, value in data.items() if name != "format"}
            found = cls(
                **{
                    **fields,
                    "demand": Demand(**fields["demand"]),
                    "spans": tuple(AlphaSpan(**span) for span in fields["spans"]),
                    "parts": tuple(KeptPart(**part) for part in fields["parts"]),
                    "front": tuple(_front(point) for point in fields["front"]),
                    "knee": None if fields["knee"] is None else _front(fields["knee"]),
                    "resampled": _resampled(fields["resampled"]),
                    "cautions": tuple(Caution(**item) for item in fields["cautions"]),
                    "basis": Basis(**{**fields["basis"], "floor": LeakBaseline(**fields["basis"]["floor"])}),
                }
            )
            if found.demand.max_leaks is None and found.limit != found.basis.floor.limit(found.basis.forget_questions):
                raise ValueError("its baseline is not that of its forget questions")  # as in an earlier version
            return found
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise DataError(f"a stored advice cannot be read by this version: {error!r}") from error


def _point(point: Front) -> dict[str, Any]:
    return {"leaks": point.leaks, "utility": point.utility, "span": point.span._asdict()}


def _front(data: dict[str, Any]) -> Front:
    return Front(data["leaks"], data["utility"], AlphaSpan(**data["span"]))


def _resampled(data: dict[str, Any]) -> Resampled:
    bounds = {name: None if data[name] is None else Bounds(**data[name]) for name in _BOUNDED}
    return Resampled(**{**data, **bounds})


_BOUNDED = ("alpha", "knee", "leaks", "utility")


def advise(
    questions: Sequence[MappedQuestion],
    demand: Demand,
    floor: LeakBaseline,
    recommended_alpha: float,
    low: float,
    high: float,
    pair: str = "",
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> Advice:
    """The advice from judged maps that all cover `low` to `high`; `recommended_alpha` is the pair's own.

    Only alphas from 0 up are searched: a negative one reverses the offset. Raises `DataError` where the range does
    not begin at or below 0 (α = 0 is the base that utility is compared with), and where there is nothing to forget or
    nothing to lose. `pair` is the key of its maps.
    """
    if not low <= 0 < high:
        raise DataError(
            f"the maps reach from α = {low:g} to {high:g}: advice needs α = 0, the base, and alphas above it"
        )
    pieces = make_pieces(questions, 0.0, high)
    if not any(part.mean()[pieces.place(0.0)] > 0 for part in pieces.kept):
        raise DataError("the base answers none of the questions to be kept, so utility cannot be measured")
    limit = demand.max_leaks if demand.max_leaks is not None else floor.limit(pieces.leaks.questions)
    leaks, kept = pieces.leaks.mean(), utility(pieces)
    good = meets(leaks, kept, limit, demand.max_loss)
    best = advised(good, pieces, recommended_alpha)
    alpha = nearest(shortfall(leaks, kept, limit, demand.max_loss), pieces) if best is None else best
    there, points = pieces.place(alpha), front(leaks, kept, pieces)
    swap = changed(questions, alpha)
    return Advice(
        demand=demand,
        limit=limit,
        met=best is not None,
        alpha=alpha,
        spans=tuple(spans(good, pieces)),
        leaks=float(leaks[there]),
        utility=float(kept[there]),
        parts=tuple(_kept(part, pieces, there) for part in pieces.kept),
        known=swap.known,
        lost=len(swap.lost),
        gained=swap.gained,
        recommended_alpha=recommended_alpha,
        recommended_met=bool(good[pieces.place(recommended_alpha)]) if 0 <= recommended_alpha <= high else None,
        front=tuple(points),
        knee=_knee(points, knee_place(leaks, kept, pieces), pieces),
        resampled=resample(pieces, alpha, recommended_alpha, limit, demand.max_loss, seed, resamples),
        cautions=cautions(questions, pieces, alpha, limit, demand.max_loss),
        basis=Basis(
            low=0.0,
            high=high,
            forget_questions=pieces.leaks.questions,
            forget_persons=pieces.leaks.persons,
            partial=sum(not item.map.complete for item in questions),
            floor=floor,
            leak_rule=LEAK_RULE_VERSION,
            max_new_tokens=max(item.map.max_new_tokens for item in questions),
            pair=pair,
            unnamed=sum(not item.split for item in questions),
            reworded=sum(item.reworded for item in questions),
        ),
    )


def _kept(part: MeasuredPart, pieces: Pieces, there: int) -> KeptPart:
    means = part.mean()
    base = float(means[pieces.place(0.0)])
    return KeptPart(part.name, base, float(means[there]), part.questions, part.persons)


def _knee(points: Sequence[Front], place: int | None, pieces: Pieces) -> Front | None:
    if place is None:
        return None
    start = float(pieces.borders[place])
    return next(point for point in points if point.span.low <= start < point.span.high)
