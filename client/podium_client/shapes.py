"""The objects of the site's API, as type checkers see them; every one is a plain dictionary.

All times are ISO 8601 texts. A site may add keys, but always has these.
"""

from typing import Any, TypedDict


class Token(TypedDict):
    """The token in use."""

    name: str
    scopes: list[str]
    expires_at: str | None


class Me(TypedDict):
    """The signed-in user."""

    name: str
    email: str
    token: Token | None
    teams: list[dict[str, Any]]


class Challenge(TypedDict):
    """A challenge, as lists give it."""

    slug: str
    title: str
    phase: str
    opens_at: str | None
    team_freeze_at: str | None
    closes_at: str | None
    closed_at: str | None
    reveal_at: str | None
    tracks: list[str]
    teams: int
    url: str


class Metric(TypedDict):
    """The metric by which a task ranks."""

    name: str
    title: str
    higher_is_better: bool


class File(TypedDict):
    """A public file of a task; `sha256` is empty for one that has none."""

    name: str
    bytes: int
    sha256: str
    url: str


class Dataset(TypedDict):
    """The data set version of a task."""

    name: str
    number: int
    content_hash: str
    licence: Any
    access: str
    must_accept_licence: bool


class TaskSummary(TypedDict):
    """A task, as lists give it."""

    challenge: str
    slug: str
    title: str
    track: str
    kind: str
    metric: Metric
    feedback: str
    step: float | None
    daily_limit: int
    final_limit: int
    url: str


class TaskFacts(TaskSummary):
    """A task with its files and what is left of its limits (None if not signed in)."""

    description: str
    dataset: Dataset
    max_bytes: int
    limits: dict[str, Any] | None
    files: list[File]
    accepted_suffixes: list[str]


class Problem(TypedDict):
    """What is wrong with a file, in which rows, and in how many."""

    code: str
    message: str
    rows: list[int]
    count: int


class Validation(TypedDict):
    """The result of checking a file without scoring it."""

    id: str
    state: str
    problems: list[Problem]
    notes: list[str]
    url: str


class Score(TypedDict):
    """One displayed score with its interval."""

    metric: str
    title: str
    part: str
    value: float | None
    low: float | None
    high: float | None
    decimals: int
    reason: str
    is_headline: bool


class Submission(TypedDict):
    """A submission; `scores` is None until it is scored."""

    id: int
    number: int
    challenge: str
    task: str
    team: dict[str, Any]
    state: str
    method: str
    note: str
    original_name: str
    sha256: str
    bytes: int
    received_at: str
    finished_at: str | None
    queue_position: int | None
    is_selected: bool
    withdrawn_at: str | None
    problems: list[Problem]
    notes: list[str]
    scores: list[Score] | None
    feedback: dict[str, Any]
    url: str


class Board(TypedDict):
    """A leaderboard with all its rows."""

    title: str
    metric: Any
    part: str
    at: str | None
    revision: int
    frozen_since: str | None
    decimals: int
    count: int
    items: list[dict[str, Any]]


class Rules(TypedDict):
    """The rules of a challenge, and whether you accepted them (None if not signed in)."""

    challenge: str
    title: str
    rules: str
    rules_version: str
    rules_accepted: bool | None


class Member(TypedDict):
    """A person in a team."""

    id: int
    name: str
    is_captain: bool


class OwnTeam(TypedDict):
    """Your team; `invitations` are the open ones, only for its captain."""

    slug: str
    name: str
    members: list[Member]
    captain: Member
    is_frozen: bool
    disqualified: str | None
    research_use: str
    invitations: list[dict[str, Any]]
    url: str


class Merge(TypedDict):
    """A proposal that one team becomes part of another one."""

    id: int
    surviving: dict[str, Any]
    absorbed: dict[str, Any]
    members: list[str]
    proposed_at: str
    expires_at: str
    outcome: str
    is_open: bool
    may_answer: bool
    may_withdraw: bool
    why_not: str | None
    url: str


class Question(TypedDict):
    """A question about a challenge, one of its tasks, or a finalist."""

    id: int
    challenge: str
    task: str | None
    team: str | None
    title: str
    body: str
    author: str
    is_mine: bool
    asked_at: str
    edited_at: str | None
    active_at: str
    is_faq: bool
    is_hidden: bool
    answers: int
    organizer_answers: int
    may_edit: bool
    url: str


class Answer(TypedDict):
    """An answer to a question."""

    id: int
    question: int
    body: str
    author: str
    by_organizer: bool
    by_team: bool
    is_mine: bool
    answered_at: str
    edited_at: str | None
    is_hidden: bool
    may_edit: bool
    url: str


class Notice(TypedDict):
    """A notice."""

    id: int
    kind: str
    challenge: str | None
    title: str
    text: str
    at: str
    is_read: bool
    url: str | None


class Pdf(TypedDict):
    """A PDF of a write-up."""

    name: str
    bytes: int
    sha256: str
    url: str


class WriteUpVersion(TypedDict):
    """A version of a team's write-up; `versions` are all of them, for its team."""

    challenge: str
    track: str
    team: dict[str, Any]
    title: str
    number: int
    published: int | None
    published_at: str | None
    is_public: bool
    is_mine: bool
    body: str
    links: list[dict[str, str]]
    paper: Pdf | None
    slides: Pdf | None
    at: str
    versions: list[dict[str, Any]]
    hidden: str | None
    why_not_written: str | None
    why_not_published: str | None
    url: str
