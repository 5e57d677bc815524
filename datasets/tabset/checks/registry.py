"""What a check is."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from inspect import getdoc

from tabset.checks.subject import Subject
from tabset.findings import Finding


@dataclass(frozen=True)
class Check:
    """One question about a draft: `run` gives a finding, with `code`, for each fault that it sees.

    `doc` says in words why the question matters. With `needs_plan` it is asked only once it is
    known which row goes where.
    """

    code: str
    doc: str
    run: Callable[[Subject], Iterable[Finding]]
    needs_plan: bool = False


def asks(code: str, run: Callable[[Subject], Iterable[Finding]], *, plan: bool = False) -> Check:
    """The check of a function, whose docstring becomes its documentation."""
    return Check(code, getdoc(run) or "", run, plan)
