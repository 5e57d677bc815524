"""Verbs of events that other code looks for."""

from enum import StrEnum


class BoardChange(StrEnum):
    """The verbs of changes that a board shows although its rows stay the same.

    Cached boards are keyed by the last event of each.
    """

    RENAMED_TEAM = "renamed team"
    DISQUALIFIED_TEAM = "disqualified team"
    REINSTATED_TEAM = "reinstated team"
    REMOVED_SUBMISSIONS = "removed submissions"
    RENAMED_METHOD = "renamed method"
    CHANGED_CHALLENGE = "changed challenge"
