"""The figures of a submission as the API shows them: as far as its task's feedback lets them."""

from ninja import Schema
from pydantic import Field

from podium.api.base.shapes import example


class Confusion(Schema):
    """How the rows of each class were decided."""

    classes: list[str]
    decided: list[str] = Field(
        description="The same classes; at the end `other classes` where some were left out."
    )
    shares: list[list[float]] = Field(
        description="`shares[i][j]`: the part of the rows of class i that were decided as j."
    )
    rows: list[list[int]] | None = Field(description="The same as counts; None: not shown.")
    left_out: int = Field(description="How many classes were left out, as too rare.")
    model_config = example(
        classes=["cat", "dog"],
        decided=["cat", "dog"],
        shares=[[0.9, 0.1], [0.2, 0.8]],
        rows=None,
        left_out=0,
    )


class CurvePoint(Schema):
    """A point of a precision-recall curve."""

    recall: float
    precision: float
    model_config = example(recall=0.5, precision=0.92)


class PrecisionRecall(Schema):
    """Precision at each recall, which rises."""

    points: list[CurvePoint]
    matches: float = Field(description="The share of matches, which chance has as precision.")
    model_config = example(points=[{"recall": 0.5, "precision": 0.92}], matches=0.12)


class ReliabilityBin(Schema):
    """Predicted and observed frequency for probabilities in (low, high]."""

    low: float
    high: float
    confidence: float = Field(description="The mean stated probability.")
    accuracy: float = Field(description="The share that came true.")
    share: float = Field(description="Share of all rows in this bin.")
    model_config = example(low=0.8, high=0.9, confidence=0.86, accuracy=0.81, share=0.3)


class Reliability(Schema):
    """Whether stated probabilities come true, in bins that have enough rows."""

    bins: list[ReliabilityBin]
    left_out: int = Field(description="How many bins have some rows, but too few to be shown.")
    model_config = example(
        bins=[{"low": 0.8, "high": 0.9, "confidence": 0.86, "accuracy": 0.81, "share": 0.3}],
        left_out=2,
    )


class Figures(Schema):
    """The figures that you may see. Each is null where the kind of task has none, or by `reasons`.

    Without figures and without reasons nothing is shown of the submission; see `feedback`.
    """

    part: str = Field(description="public, or private after the reveal.")
    confusion: Confusion | None
    precision_recall: PrecisionRecall | None
    reliability: Reliability | None
    reasons: dict[str, str] = Field(
        description="Why a figure is withheld or cannot be drawn, by its name."
    )
    model_config = example(
        part="public",
        confusion=None,
        precision_recall={"points": [{"recall": 0.5, "precision": 0.92}], "matches": 0.12},
        reliability=None,
        reasons={"reliability": "not available: needs probabilities, or scores between 0 and 1"},
    )
