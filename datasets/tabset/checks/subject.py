"""What the checks look at: the draft, its staged tables, the plan, and what a pass found."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tabset.checks import gallery
from tabset.checks.gallery import Gallery
from tabset.checks.scan import Scan
from tabset.draft import Draft
from tabset.plan import Plan
from tabset.plan.columns import Coded, coded, draft_column
from tabset.plan.pairs import Matching
from tabset.stage import Stage

LEFT_OUT, TRAIN, TEST = -1, 0, 1


@dataclass(frozen=True)
class Subject:
    """A draft with its staged tables; after the pass also with `plan` and a scan of each table.

    Rows are numbered as in the staged main table, from 0.
    """

    draft: Draft
    stage: Stage
    plan: Plan | None = None
    scans: Mapping[str, Scan] = field(default_factory=dict)

    @property
    def planned(self) -> Plan:
        """The plan, which is there for every check that needs it."""
        if self.plan is None:
            raise RuntimeError("this check runs without a plan, but asks for it")
        return self.plan

    @property
    def main(self) -> Scan:
        """What the pass over the main table found."""
        return self.scans[self.draft.main]

    @cached_property
    def labels(self) -> Coded:
        """The label of every row as a code, -1 where there is none."""
        column = draft_column(self.draft, self.draft.main, self.draft.roles.label)
        return coded(self.stage.tables[self.draft.main], column)

    @cached_property
    def sides(self) -> NDArray[np.int8]:
        """Where every row goes: `TRAIN`, `TEST` or `LEFT_OUT`."""
        sides = np.full(self.main.rows, LEFT_OUT, dtype=np.int8)
        sides[self.planned.train] = TRAIN
        sides[self.planned.test.numbers] = TEST
        return sides

    @property
    def matching(self) -> Matching:
        """Records, entities and pairs of a matching draft."""
        if self.planned.matching is None:
            raise RuntimeError("only matching drafts have pairs")
        return self.planned.matching

    @cached_property
    def gallery(self) -> Gallery:
        """The image files that the draft names, each of which was decoded once."""
        used = {table: self.draft.features(table) for table in self.draft.tables}
        return gallery.look(self.draft, self.stage, used)

    def counts(self, side: int) -> NDArray[np.int64]:
        """How many rows of a side each label has."""
        codes = self.labels.codes[self.sides == side]
        counts: NDArray[np.int64] = np.bincount(codes, minlength=len(self.labels.texts))
        return counts
