"""The result of a diagnosis: plain numbers, written as the JSON that docs/baselines.md describes.

Every score is one of held-out training rows, or says that it is not. What could not be computed is
None or an empty tuple, and `Diagnosis.left_out` says why.
"""

from dataclasses import asdict, dataclass
from typing import Any

FORMAT = 1

RISES, LEVEL, FALLS = "rises", "level", "falls"


@dataclass(frozen=True)
class Estimate:
    """A number with the ends of its 95 % interval."""

    value: float
    low: float
    high: float

    @property
    def verdict(self) -> str:
        """For a difference: `rises` or `falls` if its interval excludes 0, otherwise `level`."""
        if self.low > 0:
            return RISES
        return FALLS if self.high < 0 else LEVEL


@dataclass(frozen=True)
class LearningPoint:
    """The score after learning from `rows` rows; `fitted` is the score on those rows."""

    rows: int
    score: Estimate
    fitted: float


@dataclass(frozen=True)
class LearningCurve:
    """Points by rising number of rows.

    `gain` is the improvement by the last doubling of the rows, with its interval of
    paired resamples; `verdict` is that of the gain, empty with fewer than two points.
    """

    points: tuple[LearningPoint, ...]
    gain: Estimate | None
    verdict: str


@dataclass(frozen=True)
class CapacityPoint:
    """Mean squared errors of random-feature regression without a penalty."""

    features: int
    train_error: float
    test_error: float


@dataclass(frozen=True)
class Capacity:
    """The sweep over the number of random features, learned from `rows` of the training rows.

    `threshold` is the first number at which these rows are fitted exactly, `peak` the one with the
    largest test error between half and twice the rows; `is_double_descent`: some smaller and some
    larger number of the sweep is better than the peak, each by a tenth of its error or more.
    Errors are medians over `draws` of features.
    """

    rows: int
    held_rows: int
    draws: int
    points: tuple[CapacityPoint, ...]
    threshold: int | None
    peak: int | None
    is_double_descent: bool
    peak_over_last: float | None


@dataclass(frozen=True)
class Ablated:
    """What one modality is worth: the score without it, the loss, and the score with only it."""

    modality: str
    columns: int
    without: Estimate | None
    lost: Estimate | None
    alone: Estimate | None


@dataclass(frozen=True)
class Ablation:
    """The score with all columns, and the contribution of each modality."""

    whole: Estimate
    modalities: tuple[Ablated, ...]


@dataclass(frozen=True)
class SeedScores:
    """The scores of one method, each with another fifth of the rows held out by another seed."""

    method: str
    scores: tuple[float, ...]
    mean: float
    deviation: float


@dataclass(frozen=True)
class LeftOut:
    """A missing or incomplete part, and the reason in a sentence."""

    part: str
    reason: str


@dataclass(frozen=True)
class Diagnosis:
    """The whole diagnosis. `metric` is accuracy, f1_macro or average_precision; `chance` is the
    score without any column.

    `rows` of the training rows were used, in `folds` parts that keep the values of the column
    `groups` together, if it is set. `seconds` is the duration.
    """

    dataset: str
    metric: str
    train_rows: int
    rows: int
    folds: int
    groups: str
    seed: int
    seconds: float
    chance: float
    learning_curve: LearningCurve | None
    ablation: Ablation | None
    capacity: Capacity | None
    seeds: tuple[SeedScores, ...]
    left_out: tuple[LeftOut, ...]

    def to_json(self) -> dict[str, Any]:
        """The document of diagnostics.json."""
        return {"format": FORMAT, **asdict(self)}


def from_json(document: dict[str, Any]) -> Diagnosis:
    """The diagnosis that `to_json` wrote. Errors: ValueError for another format."""
    if document.get("format") != FORMAT:
        raise ValueError(f"This is format {document.get('format')!r}, not {FORMAT}.")
    fields = {name: value for name, value in document.items() if name != "format"}
    return Diagnosis(
        **{
            **fields,
            "learning_curve": _learning_curve(document["learning_curve"]),
            "ablation": _ablation(document["ablation"]),
            "capacity": _capacity(document["capacity"]),
            "seeds": tuple(
                SeedScores(**{**each, "scores": tuple(each["scores"])})
                for each in document["seeds"]
            ),
            "left_out": tuple(LeftOut(**each) for each in document["left_out"]),
        }
    )


def _estimate(found: dict[str, float] | None) -> Estimate | None:
    return Estimate(**found) if found else None


def _learning_curve(found: dict[str, Any] | None) -> LearningCurve | None:
    if found is None:
        return None
    points = tuple(
        LearningPoint(point["rows"], Estimate(**point["score"]), point["fitted"])
        for point in found["points"]
    )
    return LearningCurve(points, _estimate(found["gain"]), found["verdict"])


def _ablation(found: dict[str, Any] | None) -> Ablation | None:
    if found is None:
        return None
    names = ("without", "lost", "alone")
    modalities = tuple(
        Ablated(**{**each, **{name: _estimate(each[name]) for name in names}})
        for each in found["modalities"]
    )
    return Ablation(Estimate(**found["whole"]), modalities)


def _capacity(found: dict[str, Any] | None) -> Capacity | None:
    if found is None:
        return None
    points = tuple(CapacityPoint(**point) for point in found["points"])
    return Capacity(**{**found, "points": points})
