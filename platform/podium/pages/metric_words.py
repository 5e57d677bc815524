"""What each metric means, in words for participants and as a formula that one can read."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Words:
    """One or two sentences, and the formula in words and signs."""

    text: str
    formula: str


def _recall_at(precision: int) -> Words:
    return Words(
        f"The largest share of the matches that some threshold finds while at least {precision} % "
        "of the pairs that it claims are right.",
        f"max over thresholds of TP / (TP + FN), where TP / (TP + FP) ≥ 0.{precision}",
    )


def _top(k: int) -> Words:
    return Words(
        f"The share of rows whose true class is among the {k} that you find most probable. "
        "Tied probabilities share the credit.",
        f"rows with the truth among the first {k} / rows",
    )


WORDS = {
    "average_precision": Words(
        "Pairs are sorted by your score. At each threshold we take the precision and weigh it by "
        "the recall gained there. Only the order of your scores matters.",
        "sum over thresholds of (recall gained) × precision",
    ),
    "roc_auc": Words(
        "The chance that a matching pair has a higher score than a pair that does not match. "
        "Equal scores count one half.",
        "P(score of a match > score of a non-match) + ½ P(equal)",
    ),
    "recall_at_precision_80": _recall_at(80),
    "recall_at_precision_90": _recall_at(90),
    "recall_at_precision_95": _recall_at(95),
    "precision": Words("The share of the pairs that you call matches that are.", "TP / (TP + FP)"),
    "recall": Words("The share of the matches that you find.", "TP / (TP + FN)"),
    "f1": Words(
        "The harmonic mean of precision and recall at your decision.", "2 TP / (2 TP + FP + FN)"
    ),
    "best_f1": Words(
        "F1 at whichever threshold on your scores makes it largest.",
        "max over thresholds of 2 TP / (2 TP + FP + FN)",
    ),
    "accuracy": Words("The share of rows whose class you name.", "right rows / rows"),
    "macro_f1": Words(
        "F1 of each class by itself, then the mean: every class counts the same, however rare.",
        "mean over classes of 2 TP / (2 TP + FP + FN)",
    ),
    "balanced_accuracy": Words(
        "The share of right rows in each class by itself, then the mean.",
        "mean over classes of TP / (TP + FN)",
    ),
    "mcc": Words(
        "The correlation of your classes with the true ones: 1 is perfect, 0 is what guessing "
        "reaches.",
        "(accuracy − chance agreement) / its largest possible value",
    ),
    "top_3": _top(3),
    "top_5": _top(5),
    "roc_auc_ovr": Words(
        "For each class: the chance that a row of the class has a higher probability of it than a "
        "row of another one. Then the mean over the classes.",
        "mean over classes of P(p of a row of the class > p of another row) + ½ P(equal)",
    ),
    "log_loss": Words(
        "How surprised your probabilities are by the truth. A confident mistake costs most.",
        "mean over rows of −ln p(truth)",
    ),
    "brier": Words(
        "The squared distance of your probabilities from the truth.",
        "mean over rows of (p − truth)², for several classes their sum",
    ),
    "ece": Words(
        "How far stated confidence and the share of right answers lie apart, on average over bins "
        "of confidence.",
        "mean over bins, by rows, of |confidence − share right|",
    ),
    "mce": Words(
        "How far stated confidence and the share of right answers lie apart in the worst bin.",
        "max over bins of |confidence − share right|",
    ),
}
