"""The metrics of tasks, on a hold-out: of each a starter notebook takes the one that it needs.

Every function stands alone and needs nothing but numpy and scikit-learn. For matching, `truth` says
of each of n pairs whether it is a match, and `guess` is its probability, both (n,). For
classification, `truth` (n,) are codes of classes and `guess` (n, k) the probabilities of the k
classes. What both kinds have is named by kind.
"""

import numpy as np
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    cohen_kappa_score,
    f1_score,
    matthews_corrcoef,
    precision_recall_curve,
    precision_score,
    recall_score,
    roc_auc_score,
)


def average_precision(truth: np.ndarray, guess: np.ndarray) -> float:
    """The area under the precision-recall curve as a step function."""
    return float(average_precision_score(truth, guess))


def roc_auc(truth: np.ndarray, guess: np.ndarray) -> float:
    """The chance that a random match scores above a random other pair."""
    return float(roc_auc_score(truth, guess))


def recall_at_precision_80(truth: np.ndarray, guess: np.ndarray) -> float:
    """The largest share of matches found at a threshold with a precision of 80 %."""
    precision, recall, _ = precision_recall_curve(truth, guess)
    return float(recall[precision >= 0.80 - 1e-12].max())


def recall_at_precision_90(truth: np.ndarray, guess: np.ndarray) -> float:
    """The largest share of matches found at a threshold with a precision of 90 %."""
    precision, recall, _ = precision_recall_curve(truth, guess)
    return float(recall[precision >= 0.90 - 1e-12].max())


def recall_at_precision_95(truth: np.ndarray, guess: np.ndarray) -> float:
    """The largest share of matches found at a threshold with a precision of 95 %."""
    precision, recall, _ = precision_recall_curve(truth, guess)
    return float(recall[precision >= 0.95 - 1e-12].max())


def precision(truth: np.ndarray, guess: np.ndarray) -> float:
    """The share of claimed matches that are matches; a score from 0.5 claims a match."""
    return float(precision_score(truth, guess >= 0.5, zero_division=0))


def recall(truth: np.ndarray, guess: np.ndarray) -> float:
    """The share of matches that are claimed; a score from 0.5 claims a match."""
    return float(recall_score(truth, guess >= 0.5))


def f1(truth: np.ndarray, guess: np.ndarray) -> float:
    """F1 of the claimed matches; a score from 0.5 claims a match."""
    return float(f1_score(truth, guess >= 0.5))


def best_f1(truth: np.ndarray, guess: np.ndarray) -> float:
    """The largest F1 over all thresholds."""
    precision, recall, _ = precision_recall_curve(truth, guess)
    return float((2 * precision * recall / np.maximum(precision + recall, 1e-300)).max())


def log_loss_matching(truth: np.ndarray, guess: np.ndarray) -> float:
    """The mean surprise at whether the pair is a match, in nats."""
    of_truth = np.where(truth, guess, 1 - guess)
    return float(-np.log(np.clip(of_truth, 2.0**-52, 1 - 2.0**-52)).mean())


def log_loss_classification(truth: np.ndarray, guess: np.ndarray) -> float:
    """The mean surprise at the true class, in nats."""
    of_truth = guess[np.arange(len(truth)), truth]
    return float(-np.log(np.clip(of_truth, 2.0**-52, 1 - 2.0**-52)).mean())


def log_loss_clipped_matching(truth: np.ndarray, guess: np.ndarray) -> float:
    """The mean surprise at whether the pair is a match, of probabilities clipped at 0.001."""
    of_truth = np.where(truth, guess, 1 - guess)
    return float(-np.log(np.clip(of_truth, 0.001, 0.999)).mean())


def log_loss_clipped_classification(truth: np.ndarray, guess: np.ndarray) -> float:
    """The mean surprise at the true class, of probabilities clipped at 0.001."""
    of_truth = guess[np.arange(len(truth)), truth]
    return float(-np.log(np.clip(of_truth, 0.001, 0.999)).mean())


def brier_matching(truth: np.ndarray, guess: np.ndarray) -> float:
    """The mean squared distance of the score from 1 for a match and 0 otherwise."""
    return float(((guess - truth) ** 2).mean())


def brier_classification(truth: np.ndarray, guess: np.ndarray) -> float:
    """The mean squared distance of the probabilities from what is true, not halved."""
    wanted = np.eye(guess.shape[1])[truth]
    return float(((guess - wanted) ** 2).sum(axis=1).mean())


def ece_matching(truth: np.ndarray, guess: np.ndarray) -> float:
    """How far scores are from how often they come true, on average over 15 bins."""
    place = np.digitize(guess, np.arange(1, 15) / 15, right=True)
    gaps = np.bincount(place, weights=truth - guess, minlength=15)
    return float(np.abs(gaps).sum() / len(truth))


def ece_classification(truth: np.ndarray, guess: np.ndarray) -> float:
    """How far the confidence is from how often it comes true, on average over 15 bins."""
    confidence, right = guess.max(axis=1), guess.argmax(axis=1) == truth
    place = np.digitize(confidence, np.arange(1, 15) / 15, right=True)
    gaps = np.bincount(place, weights=right - confidence, minlength=15)
    return float(np.abs(gaps).sum() / len(truth))


def mce_matching(truth: np.ndarray, guess: np.ndarray) -> float:
    """How far scores are from how often they come true, in the worst of 15 bins."""
    place = np.digitize(guess, np.arange(1, 15) / 15, right=True)
    gaps = np.bincount(place, weights=truth - guess, minlength=15)
    return float((np.abs(gaps) / np.bincount(place, minlength=15).clip(min=1)).max())


def mce_classification(truth: np.ndarray, guess: np.ndarray) -> float:
    """How far the confidence is from how often it comes true, in the worst of 15 bins."""
    confidence, right = guess.max(axis=1), guess.argmax(axis=1) == truth
    place = np.digitize(confidence, np.arange(1, 15) / 15, right=True)
    gaps = np.bincount(place, weights=right - confidence, minlength=15)
    return float((np.abs(gaps) / np.bincount(place, minlength=15).clip(min=1)).max())


def accuracy(truth: np.ndarray, guess: np.ndarray) -> float:
    """The share of rows whose most probable class is right."""
    return float(accuracy_score(truth, guess.argmax(axis=1)))


def macro_f1(truth: np.ndarray, guess: np.ndarray) -> float:
    """The mean of the F1 of every class that is present."""
    decision = guess.argmax(axis=1)
    return float(
        f1_score(truth, decision, labels=np.unique(truth), average="macro", zero_division=0)
    )


def weighted_f1(truth: np.ndarray, guess: np.ndarray) -> float:
    """The mean of the F1 of every class, weighted by its rows."""
    decision = guess.argmax(axis=1)
    return float(
        f1_score(truth, decision, labels=np.unique(truth), average="weighted", zero_division=0)
    )


def balanced_accuracy(truth: np.ndarray, guess: np.ndarray) -> float:
    """The mean recall of the classes that are present."""
    return float(
        recall_score(truth, guess.argmax(axis=1), labels=np.unique(truth), average="macro")
    )


def mcc(truth: np.ndarray, guess: np.ndarray) -> float:
    """The correlation of truth and decisions."""
    return float(matthews_corrcoef(truth, guess.argmax(axis=1)))


def cohen_kappa(truth: np.ndarray, guess: np.ndarray) -> float:
    """The agreement of truth and decisions beyond what their class shares give by chance."""
    return float(cohen_kappa_score(truth, guess.argmax(axis=1)))


def top_3(truth: np.ndarray, guess: np.ndarray) -> float:
    """The share of rows whose true class is among the 3 most probable; ties count by chance."""
    of_truth = guess[np.arange(len(truth)), truth][:, None]
    above, level = (guess > of_truth).sum(axis=1), (guess == of_truth).sum(axis=1)
    return float(np.clip((3 - above) / level, 0, 1).mean())


def top_5(truth: np.ndarray, guess: np.ndarray) -> float:
    """The share of rows whose true class is among the 5 most probable; ties count by chance."""
    of_truth = guess[np.arange(len(truth)), truth][:, None]
    above, level = (guess > of_truth).sum(axis=1), (guess == of_truth).sum(axis=1)
    return float(np.clip((5 - above) / level, 0, 1).mean())


def roc_auc_ovr(truth: np.ndarray, guess: np.ndarray) -> float:
    """The mean over the classes that are present of the ROC AUC of one against all others."""
    each = [roc_auc_score(truth == code, guess[:, code]) for code in np.unique(truth)]
    return float(np.mean(each))


def roc_auc_ovr_weighted(truth: np.ndarray, guess: np.ndarray) -> float:
    """The mean over classes of the ROC AUC of one against all others, weighted by rows."""
    present, rows = np.unique(truth, return_counts=True)
    each = [roc_auc_score(truth == code, guess[:, code]) for code in present]
    return float(np.average(each, weights=rows))
