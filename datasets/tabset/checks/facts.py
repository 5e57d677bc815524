"""Checks of what the draft says about the data set as a whole."""

from collections.abc import Iterable

from tabset.checks.registry import asks
from tabset.checks.subject import Subject
from tabset.findings import Finding, Level
from tabset.schema import ADDRESS, SLUG


def name(subject: Subject) -> Iterable[Finding]:
    """The name is part of addresses and file names, so it must be a slug."""
    if not SLUG.fullmatch(subject.draft.name):
        yield Finding(
            Level.ERROR,
            "name",
            f"The name {subject.draft.name!r} cannot be part of an address: set `name` to lower"
            " case letters, digits and single hyphens, such as shop-offers.",
        )


def licence(subject: Subject) -> Iterable[Finding]:
    """Without a licence, nobody may use the data or can accept it before a download."""
    if not subject.draft.licence.name.strip():
        yield Finding(
            Level.WARNING,
            "licence",
            "There is no licence: set `licence.name` (such as CC-BY-4.0, or internal use only) and"
            " `licence.url`, so that people know what they may do with the data.",
        )
    url = subject.draft.licence.url
    if url and not ADDRESS.fullmatch(url):
        yield Finding(
            Level.ERROR,
            "licence",
            f"The address of the licence is {url[:200]!r}, which is not a link: set `licence.url`"
            " to an address that begins with https://, or leave it empty.",
        )


def description(subject: Subject) -> Iterable[Finding]:
    """People find the data set by its title and description, and its card begins with them."""
    for key, what in (
        ("title", "the heading of its page"),
        ("description", "what a row is, where the data come from, what is to be predicted"),
    ):
        if not getattr(subject.draft, key).strip():
            yield Finding(
                Level.WARNING, "description", f"There is no {key}: set `{key}` to {what}."
            )


def citation(subject: Subject) -> Iterable[Finding]:
    """People who publish results need to know whom to cite and where the data come from."""
    for key, what in (
        ("citation", "the reference that a paper should give"),
        ("origin", "where the raw data come from, with a version or a date"),
    ):
        if not getattr(subject.draft, key).strip():
            yield Finding(Level.WARNING, "citation", f"There is no {key}: set `{key}` to {what}.")


CHECKS = (
    asks("name", name),
    asks("licence", licence),
    asks("description", description),
    asks("citation", citation),
)
