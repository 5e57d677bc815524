"""The diagnostics of a data set version for its page: figures, tables and what they mean.

Every sentence follows from the numbers by a rule shown next to it; none is from a test label.
"""

from collections.abc import Callable, Sequence

from baselines.diagnostics.model import (
    FALLS,
    RISES,
    Ablated,
    Ablation,
    Capacity,
    Diagnosis,
    Estimate,
    LearningCurve,
    SeedScores,
    from_json,
)
from figures import Curve, Interval, Level, Mark, curve_chart, forest_plot
from figures.curves import power_text
from figures.words import number, plural
from podium.baseline_runs import models
from podium.catalog.models import DatasetVersion
from podium.web.base.drawn_figures import Figure, figure
from podium.web.base.presenters import Context

LITTLE = 0.02  # a gain that is surely below it hardly helps
TWO_SIGMA = 1.96 * 2**0.5  # of a difference of two scores that vary alike
METRICS = {
    "accuracy": "accuracy",
    "f1_macro": "macro F1",
    "average_precision": "average precision",
}


def stored(version: DatasetVersion) -> models.Diagnosis | None:
    """Return the version's diagnosis, whatever its state."""
    return models.Diagnosis.objects.filter(version=version).first()


def shown(version: DatasetVersion, *, may_see: bool) -> Context | None:
    """Return what the page shows of the diagnosis; None for a version that is not out.

    `may_see`: only for users who may see the rows.
    """
    if not version.is_released:
        return None
    if not may_see:
        return {"is_closed": True}
    row = stored(version)
    return {"row": row, **(_found(from_json(row.result)) if row and row.result else {})}


def _found(found: Diagnosis) -> dict[str, object]:
    figures = [
        *([_learning(found, found.learning_curve)] if found.learning_curve else []),
        *([_ablated(found, parts)] if (parts := found.ablation) and parts.modalities else []),
        *([_capacity(found.capacity)] if found.capacity else []),
        *([_seeds(found.seeds)] if found.seeds else []),
    ]
    ablation = found.ablation
    worth = _worth(ablation) if ablation and ablation.modalities else ""
    return {
        "figures": figures, "worth": worth, "about": _about(found), "left_out": found.left_out,
    }  # fmt: skip


def _about(found: Diagnosis) -> str:
    rows = plural(found.rows, "training row")
    if found.rows < found.train_rows:
        rows = f"{found.rows:,} of {found.train_rows:,} training rows, drawn at random"
    together = "; all pairs of a left record are held out together" if found.groups else ""
    return (
        f"Made from {rows}: each score is of rows that were held out of them{together}. No "
        "test row was read. The model is a quick linear one (ridge regression on the features of "
        f"the baselines): other models score higher but should react the same way. Scores "
        f"are {METRICS[found.metric]}; intervals are 95 %."
    )


def _figure(
    kind: str, title: str, finding: str, draw: Callable[[str, int], str], said: str, rule: str,
    head: Sequence[str], rows: Sequence[Sequence[str]],
) -> Figure:  # fmt: skip
    """One figure, wide and slim, with its finding, the rule behind it, and its table."""
    return figure(kind, title, draw, head, rows, finding=finding, said=said, rule=rule)


def _learning(found: Diagnosis, curve: LearningCurve) -> Figure:
    metric = METRICS[found.metric]
    finding, said = _learning_words(curve)
    main = Curve(
        "validation",
        [(point.rows, point.score.value) for point in curve.points],
        [(point.score.low, point.score.high) for point in curve.points],
    )
    other = Curve("training", [(point.rows, point.fitted) for point in curve.points])
    return _figure(
        "learning",
        "Learning curve",
        finding,
        lambda name, width: curve_chart(
            name, finding, main, other, axes=("training rows", metric), width=width
        ),
        said,
        "Rule: it still rises if the interval of the last doubling’s gain lies above 0, a little "
        f"if all of it is below {LITTLE}. If it holds 0 and lies within ±{LITTLE}, more rows would "
        "hardly help; otherwise it is inconclusive.",
        ["Rows", f"{metric[0].upper()}{metric[1:]}, validation", "95 % interval", "Training"],
        [
            [f"{point.rows:,}", *_estimate(point.score), number(point.fitted, 3)]
            for point in curve.points
        ],
    )


def _learning_words(curve: LearningCurve) -> tuple[str, str]:
    """Return the finding, and what it means."""
    if curve.gain is None:
        return "Only one number of rows", "A curve needs at least two numbers of rows."
    before, after = (point.rows for point in curve.points[-2:])
    doubling = (
        f"The last doubling, from {before:,} to {after:,} rows, changed the score by "
        f"{_signed(curve.gain)}"
    )
    if curve.verdict == RISES:
        a_little = " a little" if curve.gain.high <= LITTLE else ""
        return f"More rows would help{a_little}", (
            f"{doubling}: the curve still rises at its end. More rows of this kind would "
            f"help{a_little}; augmentation or pretraining may help too."
        )
    if curve.verdict == FALLS:
        return "More rows did not help", (
            f"{doubling}: the last rows made this model worse. Look whether they differ from the "
            "others."
        )
    if max(abs(curve.gain.low), abs(curve.gain.high)) <= LITTLE:
        return "More rows would hardly help", (
            f"{doubling}: the curve is level. What is still wrong needs better features or "
            "another model, not more rows."
        )
    return "It is unclear whether more rows would help", (
        f"{doubling}: that may be chance. There are too few rows to tell a gain of this size."
    )


def _ablated(found: Diagnosis, ablation: Ablation) -> Figure:
    metric = METRICS[found.metric]
    finding, said = _ablation_words(ablation)
    rows = [_interval("All columns", ablation.whole)]
    rows += [_interval(f"Without {each.modality}", each.without) for each in ablation.modalities]
    rows += [_interval(f"Only {each.modality}", each.alone) for each in ablation.modalities]
    reference = Level("no column", found.chance)
    return _figure(
        "ablation",
        "What each modality is worth",
        finding,
        lambda name, width: forest_plot(name, finding, rows, reference=reference, width=width),
        said,
        "Rule: a modality matters if the interval of what its absence loses lies above 0. Numeric "
        "columns are numbers and dates, categorical ones categories, booleans and lists; nothing "
        "of a modality is in the features of another one.",
        ["Columns", f"{metric[0].upper()}{metric[1:]}", "95 % interval"],
        [["All", *_estimate(ablation.whole)], *_ablation_rows(ablation)],
    )


def _ablation_rows(ablation: Ablation) -> list[list[str]]:
    return [
        [f"{what} {each.modality}", *_estimate(found)]
        for each in ablation.modalities
        for what, found in (
            ("Without", each.without),
            ("Lost without", each.lost),
            ("Only", each.alone),
        )
        if found
    ]


def _interval(name: str, found: Estimate | None) -> Interval:
    if found is None:
        return Interval(name, None)
    return Interval(name, found.value, found.low, found.high)


def _ablation_words(ablation: Ablation) -> tuple[str, str]:
    def lost(each: Ablated) -> float:
        return each.lost.value if each.lost else 0.0

    missed = [each for each in ablation.modalities if each.lost and each.lost.verdict == RISES]
    harmful = [each for each in ablation.modalities if each.lost and each.lost.verdict == FALLS]
    missed.sort(key=lost, reverse=True)
    said = [f"Dropping {each.modality} columns costs {_score(each.lost)}." for each in missed]
    said += [
        f"Dropping {each.modality} columns gains {_score(_turned(each.lost))}: they mislead the "
        "linear model."
        for each in harmful
    ]
    silent = [each.modality for each in ablation.modalities if each not in (*missed, *harmful)]
    if silent:
        said.append(f"Dropping {_listed(silent)} columns: no measurable effect.")
    if not missed:
        return "No modality is missed by itself", " ".join(
            [*said, "The modalities hold the same information, or none holds much."]
        )
    return f"{missed[0].modality.capitalize()} matters most", " ".join(said)


def _worth(ablation: Ablation) -> str:
    """Return in one line what dropping each modality does to the score, the most harmful first."""
    known = [(each.modality, each.lost) for each in ablation.modalities if each.lost]
    known.sort(key=lambda each: -each[1].value)
    said = [
        f"{name} {number(lost.value, 3)}"
        if lost.verdict in {RISES, FALLS}
        else f"{name} no measurable effect"
        for name, lost in known
    ]
    return f"Dropping its columns costs: {', '.join(said)}."


def _listed(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if names[1:] else names)


def _turned(found: Estimate | None) -> Estimate | None:
    return found and Estimate(-found.value, -found.high, -found.low)


def _capacity(found: Capacity) -> Figure:
    finding, said = _capacity_words(found)
    main = Curve("validation", [(p.features, p.test_error) for p in found.points])
    other = Curve("training", [(p.features, p.train_error) for p in found.points])
    mark = Mark(found.threshold, "fits every row") if found.threshold else None
    return _figure(
        "capacity",
        "Capacity curve",
        finding,
        lambda name, width: curve_chart(
            name, finding, main, other, axes=("random features", "squared error"), mark=mark,
            by_powers=True, width=width,
        ),
        said,
        "Rule: the peak is the largest held-out error between half and twice the rows learned. It "
        "is flagged as double descent if a smaller and a larger model are better, each by a tenth "
        f"at least. Least squares without a penalty on {plural(found.rows, 'row')}, judged on "
        f"{found.held_rows:,}; medians of {found.draws} draws.",
        ["Random features", "Validation error", "Training error"],
        [
            [f"{p.features:,}", power_text(p.test_error), power_text(p.train_error)]
            for p in found.points
        ],
    )  # fmt: skip


def _capacity_words(found: Capacity) -> tuple[str, str]:
    fitted = (
        f"With {found.threshold:,}+ features all {found.rows:,} rows are fitted exactly."
        if found.threshold
        else "No number of features fits all rows exactly: some rows are alike and labelled "
        "differently, or the features say too little."
    )
    if not found.is_double_descent:
        return "No double descent", (
            f"{fitted} Around that size the error has no peak between better smaller and larger "
            "models, so the size of a model may be chosen as usual."
        )
    times = power_text(found.peak_over_last) if found.peak_over_last else "many"
    return f"Double descent: worst at {found.peak:,} features", (
        f"{fitted} At {found.peak:,} features the held-out error is {times} times that of the "
        "largest model, and smaller models do better too. A model with about as many parameters "
        "as rows learns the noise by heart: take one clearly smaller or larger, or hold it back by "
        "a penalty or by early stopping, which removes the peak."
    )


def _seeds(spread: Sequence[SeedScores]) -> Figure:
    first = spread[0]
    least = TWO_SIGMA * first.deviation
    finding = f"Another seed moves the {first.method} score by ±{number(first.deviation, 3)}"
    rows = [
        Interval(each.method.capitalize(), each.mean, min(each.scores), max(each.scores),
                 is_baseline=each.method == "trivial")
        for each in spread
        if each is first or each.method != "trivial"  # far below, it would hide the intervals
    ]  # fmt: skip
    return _figure(
        "seeds",
        "Spread over seeds",
        finding,
        lambda name, width: forest_plot(name, finding, rows, width=width),
        f"With another fifth of the rows held out, the {first.method} score lies between "
        f"{number(min(first.scores), 3)} and {number(max(first.scores), 3)}. Two scores on "
        f"different held-out fifths that differ by less than about {number(least, 3)} may be one "
        "and the same method: compare methods on the same rows, and over several seeds.",
        f"Points: means of {plural(len(first.scores), 'seed')}; lines: from the lowest to the "
        "highest. That difference is 1.96 √2 standard deviations.",
        ["Method", "Mean", "Standard deviation", "Lowest", "Highest"],
        [
            [
                each.method.capitalize(), number(each.mean, 3), number(each.deviation, 3),
                number(min(each.scores), 3), number(max(each.scores), 3),
            ]
            for each in spread
        ],
    )  # fmt: skip


def _estimate(found: Estimate) -> list[str]:
    return [number(found.value, 3), f"{number(found.low, 3)} to {number(found.high, 3)}"]


def _score(found: Estimate | None) -> str:
    return "–" if found is None else "{} ({})".format(*_estimate(found))


def _signed(found: Estimate | None) -> str:
    """Return a difference with its sign."""
    if found is None:
        return "–"
    plus = "+" if found.value > 0 else ""
    return f"{plus}{_score(found)}"
