"""Checks of the labels: their texts, how often each occurs, and the two parts of the test set."""

import unicodedata
from collections import defaultdict
from collections.abc import Iterable

import numpy as np

from tabset import splits
from tabset.checks.registry import asks
from tabset.checks.subject import TEST, TRAIN, Subject
from tabset.checks.words import about_rows, counted, some
from tabset.findings import Finding, Level
from tabset.schema import RESERVED_LABELS, Kind, text_fault

FEWEST_TO_LEARN = 2
FEW = 10


def label_texts(subject: Subject) -> Iterable[Finding]:
    """A label is compared byte for byte, so blanks, other Unicode forms and reserved words hurt."""
    faulty = defaultdict(list)
    for code, text in enumerate(subject.labels.texts):
        fault = text_fault(text)
        if not fault and text in RESERVED_LABELS:
            fault = "is the name of a submission column"
        if fault:
            faulty[fault].append(code)
    for fault, codes in faulty.items():
        rows = np.flatnonzero(np.isin(subject.labels.codes, codes))
        names = some(subject.labels.texts[code] for code in codes)
        yield about_rows(
            Level.ERROR,
            "label-text",
            f"{counted(len(codes), 'label')} cannot be used, because each {fault}: {names}."
            " Correct the label column of the raw files.",
            rows,
            table=subject.draft.main,
            column=subject.draft.roles.label,
        )


def similar_labels(subject: Subject) -> Iterable[Finding]:
    """Labels that differ only by case or blanks are usually one label written in two ways."""
    alike = defaultdict(list)
    for text in subject.labels.texts:
        alike[" ".join(unicodedata.normalize("NFKC", text).casefold().split())].append(text)
    for texts in alike.values():
        if len(texts) > 1:
            yield Finding(
                Level.WARNING,
                "similar-labels",
                f"The labels {some(sorted(texts))} differ only by case, blanks or the form of"
                " letters: write them the same way in the raw files, unless they are different"
                " classes.",
                subject.draft.main,
                subject.draft.roles.label,
            )


def few_labels(subject: Subject) -> Iterable[Finding]:
    """With less than two different labels there is nothing to predict."""
    draft, labels = subject.draft, subject.labels
    declared = draft.classes or labels.texts
    if draft.kind is Kind.MATCHING:
        declared = tuple(filter(None, (draft.negative_label, draft.positive_label)))
    if len(set(declared)) >= 2:
        return
    keys = "`classes` and `roles.label`"
    if draft.kind is Kind.MATCHING:
        keys = "`negative_label` (no match) and `positive_label` (match)"
    message = (
        f"Two different labels are needed: set {keys}; the label column has {some(labels.texts)}."
    )
    yield Finding(Level.ERROR, "few-labels", message, draft.main, draft.roles.label)


def rare_classes(subject: Subject) -> Iterable[Finding]:
    """Classes with few training rows cannot be learned, and their scores are noise."""
    labels = subject.labels
    train, test = subject.counts(TRAIN), subject.counts(TEST)
    counts = dict(zip(labels.texts, train.tolist(), strict=True))
    counts |= {text: 0 for text in subject.draft.classes if text not in counts}
    for level, low, high in (
        (Level.ERROR, 0, FEWEST_TO_LEARN),
        (Level.WARNING, FEWEST_TO_LEARN, FEW),
    ):
        rare = sorted((count, text) for text, count in counts.items() if low <= count < high)
        if rare:
            few = "less than two training rows" if low == 0 else "less than ten training rows"
            names = some(text for _, text in rare)
            yield Finding(
                level,
                "rare-classes",
                f"{counted(len(rare), 'class has', 'classes have')} {few}: {names}. Get more rows,"
                " join classes, leave these rows out, or change the split.",
                subject.draft.main,
                subject.draft.roles.label,
                count=len(rare),
            )
    unseen = [text for text, count in zip(labels.texts, test.tolist(), strict=True) if not count]
    if unseen and len(unseen) < len(labels.texts):
        yield Finding(
            Level.WARNING,
            "rare-classes",
            f"{counted(len(unseen), 'class has', 'classes have')} no test row:"
            f" {some(sorted(unseen))}. Nothing will be known about them; get more rows, or leave"
            " them out.",
            subject.draft.main,
            subject.draft.roles.label,
            count=len(unseen),
        )


def parts(subject: Subject) -> Iterable[Finding]:
    """Each part of the test set is scored by itself and needs what its metrics need.

    If a salt makes the parts, the plan reports a part with less than two labels.
    """
    test = subject.planned.test
    usage = np.array(test.usage.parts)
    codes, distinct = splits.encoded(test.labels)
    names = distinct.to_pylist()
    for part in (splits.PUBLIC, splits.PRIVATE):
        found = np.bincount(codes[usage == part], minlength=len(names)) > 0
        absent = [name for name, there in zip(names, found, strict=True) if not there]
        if found.sum() < 2 and subject.draft.roles.usage:
            yield Finding(
                Level.ERROR,
                "parts",
                f"The {part} part of the test set has less than two different labels, so that it"
                " cannot be scored: correct the column of `roles.usage`, or name none.",
                subject.draft.main,
            )
        elif absent and found.sum() >= 2:
            yield Finding(
                Level.WARNING,
                "parts",
                f"The {part} part of the test set has no row of"
                f" {counted(len(absent), 'class', 'classes')} that the test set has:"
                f" {some(sorted(absent))}. Averages over classes will leave them out there.",
                subject.draft.main,
                count=len(absent),
            )


CHECKS = (
    asks("label-text", label_texts),
    asks("similar-labels", similar_labels),
    asks("few-labels", few_labels),
    asks("rare-classes", rare_classes, plan=True),
    asks("parts", parts, plan=True),
)
