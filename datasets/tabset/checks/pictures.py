"""Checks of image files."""

from collections.abc import Iterable, Sequence

import numpy as np

from tabset import images
from tabset.checks.registry import asks
from tabset.checks.subject import TEST, TRAIN, Subject
from tabset.checks.words import SHOWN_TEXTS, about_rows, counted, some
from tabset.draft import ROWS
from tabset.findings import Finding, Level

PLACEHOLDER_ROWS = 20


def absent_images(subject: Subject) -> Iterable[Finding]:
    """Every image that a row names must exist when the row is read."""
    gallery = subject.gallery
    for named in gallery.columns:
        codes = [code for code, file in enumerate(named.files) if file in gallery.absent]
        if codes:
            yield about_rows(
                Level.ERROR,
                "absent-images",
                f"The column {named.column!r} names"
                f" {counted(len(codes), 'file that is', 'files that are')} not there:"
                f" {some(named.cells.texts[code] for code in codes)}. Add the files, empty the"
                " cells, or set the `type` to text.",
                np.flatnonzero(np.isin(named.cells.codes, codes)),
                table=named.table,
                column=named.column,
            )


def unreadable_images(subject: Subject) -> Iterable[Finding]:
    """An image that cannot be decoded, or only with a lot of memory, stops every reader."""
    faults = subject.gallery.faults
    if faults:
        first = [f"{file!r}: {fault}" for file, fault in list(faults.items())[:SHOWN_TEXTS]]
        yield Finding(
            Level.ERROR,
            "unreadable-images",
            f"{counted(len(faults), 'image')} cannot be used ({'; '.join(first)}). Replace, shrink"
            " or rename the files, or empty the cells that name them.",
            count=len(faults),
        )


def image_suffixes(subject: Subject) -> Iterable[Finding]:
    """Browsers and some readers go by the suffix of a file name, not by its content."""
    pictures = subject.gallery.pictures
    wrong = [
        f"{file} is {picture.format}"
        for file, picture in pictures.items()
        if not images.fits_suffix(file, picture.format)
    ]
    if wrong:
        yield _about_files(
            "image-suffix",
            f"{counted(len(wrong), 'image file ends', 'image files end')} unlike the content:"
            f" {some(wrong)}. Rename the files.",
            wrong,
        )


def animated_images(subject: Subject) -> Iterable[Finding]:
    """Most readers see only the first picture of an animation, others all of them."""
    moving = [file for file, picture in subject.gallery.pictures.items() if picture.frames > 1]
    if moving:
        yield _about_files(
            "animated-images",
            f"{counted(len(moving), 'image has', 'images have')} several pictures: {some(moving)}."
            " Keep the one that counts.",
            moving,
        )


def unused_images(subject: Subject) -> Iterable[Finding]:
    """An image that no row names would only make the download larger."""
    unused = subject.gallery.unused
    if unused:
        yield Finding(
            Level.INFO,
            "unused-images",
            f"{counted(len(unused), 'image file is', 'image files are')} named by no row and left"
            f" out: {some(unused)}.",
            count=len(unused),
        )


def duplicate_images(subject: Subject) -> Iterable[Finding]:
    """A picture that is also in train reveals the label or contradicts it. Pictures in more than 20
    rows count as placeholders, which reveal nothing.
    """
    for named in subject.gallery.columns:
        if named.table != ROWS:
            continue
        shows = [subject.gallery.pictures.get(file) for file in named.files]
        known = sorted({picture.pixels for picture in shows if picture})
        if not known:
            continue
        numbers = {pixels: number for number, pixels in enumerate(known)}
        codes = np.array([*(numbers[each.pixels] if each else -1 for each in shows), -1])
        shown = codes[named.cells.codes]
        shown[subject.sides < 0] = -1
        counts = np.bincount(shown[shown >= 0], minlength=len(known))
        rows = np.flatnonzero((shown >= 0) & (counts[shown] <= PLACEHOLDER_ROWS))
        keys = shown[rows] * len(subject.labels.texts) + subject.labels.codes[rows]
        in_train, in_test = (subject.sides[rows] == side for side in (TRAIN, TEST))
        shared = in_test & np.isin(shown[rows], shown[rows][in_train])
        agree = shared & np.isin(keys, keys[in_train])
        for found, words in ((agree, "with the same label"), (shared & ~agree, "with another")):
            if found.any():
                yield about_rows(
                    Level.WARNING,
                    "duplicate-images",
                    f"{counted(int(found.sum()), 'test row shows', 'test rows show')}"
                    " the same picture as a training"
                    f" row {words}: set `roles.group` to what belongs together and"
                    " `split.method` to group, or correct the rows.",
                    rows[found],
                    table=ROWS,
                    column=named.column,
                )


def _about_files(code: str, message: str, files: Sequence[str]) -> Finding:
    return Finding(Level.WARNING, code, message, count=len(files))


CHECKS = (
    asks("absent-images", absent_images),
    asks("unreadable-images", unreadable_images),
    asks("image-suffix", image_suffixes),
    asks("animated-images", animated_images),
    asks("unused-images", unused_images),
    asks("duplicate-images", duplicate_images, plan=True),
)
