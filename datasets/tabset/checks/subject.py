"""What the checks look at: the draft and its staged tables."""

from dataclasses import dataclass

from tabset.draft import Draft, DraftColumn
from tabset.stage import Stage


@dataclass(frozen=True)
class Subject:
    """A draft with its staged tables."""

    draft: Draft
    stage: Stage


def features(draft: Draft, table: str) -> tuple[DraftColumn, ...]:
    """The columns of a staged table that become feature columns."""
    roles = draft.roles
    taken = {roles.id, roles.label, roles.split, roles.usage} if table == draft.main else set()
    return tuple(
        column for column in draft.tables[table] if column.use and column.name not in taken
    )
