"""The docstring of a metric, parsed into parts that a page can show."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Words:
    """A metric in words, each a sentence or a few without line breaks."""

    summary: str
    formula: str
    source: str
    edge_cases: str
    interval: str

    @classmethod
    def of(cls, function: Callable[..., Any]) -> Words:
        """The words in a docstring; ValueError where a part is missing.

        The first paragraph is the summary. The second has a line "Formula: ..." and so on for
        each other part; longer ones continue in indented lines. Text after them is for programmers.
        """
        summary, *paragraphs = (inspect.getdoc(function) or "").split("\n\n")
        lines = re.sub(r"\n +", " ", paragraphs[0] if paragraphs else "").splitlines()
        parts = dict(line.split(": ", 1) for line in lines if ": " in line)
        try:
            named = (parts[name] for name in ("Formula", "Source", "Edge cases", "Interval"))
            return cls(summary.replace("\n", " "), *named)
        except KeyError as missing:
            name = getattr(function, "__qualname__", function)
            raise ValueError(f"the docstring of {name} has no line {missing}") from None
