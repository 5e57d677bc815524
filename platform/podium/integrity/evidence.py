"""The evidence of cases: labelled counts in words, their teams and their files."""

from dataclasses import dataclass

from django.db.models import Count as CountOf

from figures.words import number
from podium.integrity.models import Case, Kind
from podium.standings.feedback import display
from podium.submissions.models import Part, Score, Submission
from podium.teams.models import Team

MOST_SHOWN = 50

# What each kind says, and what may explain it without a fault.
ABOUT = {
    Kind.EQUAL_FILES: (
        "Teams sent the same file, byte for byte.",
        "Two people may have run the same public notebook. If that is so, name the file below the "
        "list of cases, and no team that sends it becomes a case.",
    ),
    Kind.AGREEMENT: (
        "The entries of two teams give nearly the same answers on the public rows, and share far "
        "more wrong answers than other entries make on the same rows.",
        "The same model, trained by the same recipe with the same settings, looks like this too.",
    ),
    Kind.PROBING: (
        "The team changed very few rows between files, again and again. So one learns single "
        "labels from the score.",
        "On an easy or small test set another seed may change as few rows, but then other teams "
        "do the same.",
    ),
    Kind.JUMP: (
        "One file took the team far beyond its own earlier files and beyond everybody else.",
        "A new idea can do this. A leak of labels does it more often.",
    ),
    Kind.ACCOUNTS: (
        "Members of these teams signed up or sent their first file from one network address "
        "within a day.",
        "People of one household, office or lab share an address.",
    ),
}


@dataclass(frozen=True)
class Count:
    """One number of the evidence with what it counts."""

    label: str
    value: str


@dataclass(frozen=True)
class Side:
    """A team of a case, as it is compared with the others."""

    team: Team
    members: int
    submissions: int


@dataclass(frozen=True)
class Sent:
    """A submission of a case with its displayed score."""

    row: Submission
    score: str


def counts_of(case: Case) -> list[Count]:
    """Return the numbers of a case, the probability last."""
    counts = case.counts
    rows = [Count(label, shown.format(**counts)) for label, shown in _COUNTS[Kind(case.kind)]]
    if case.p is None:
        return rows
    return [*rows, Count("Probability by chance (p)", probability(case.p))]


def summary(case: Case) -> str:
    """Return the evidence of a case in one line."""
    said = _SUMMARY[Kind(case.kind)].format(**case.counts)
    return said if case.p is None else f"{said}; p {_relation(case.p)}"


def sides(row: Case) -> list[Side]:
    """Return the teams of a case with how many people and files they have."""
    teams = Team.objects.filter(pk__in=row.entries.values("team")).select_related("challenge")
    of_task = {"task": row.task_id} if row.task_id else {}
    files = Submission.objects.filter(team__in=teams, **of_task).order_by()
    sent = dict(files.values_list("team").annotate(CountOf("pk")))
    people = dict(teams.order_by().values_list("pk").annotate(CountOf("memberships")))
    return [Side(team, people[team.pk], sent.get(team.pk, 0)) for team in teams]


def sent(row: Case) -> list[Sent]:
    """Return the submissions of a case in the order in which they came."""
    if row.task is None:
        return []
    submissions = (
        Submission.objects.filter(pk__in=row.entries.values("submission"))
        .select_related("team__challenge", "submitted_by")
        .order_by("received_at", "pk")[:MOST_SHOWN]
    )
    scores = Score.objects.counting(row.task).filter(
        part=Part.PUBLIC,
        metric=row.task.headline,
        evaluation__submission__in=[each.pk for each in submissions],
    )
    shown = {
        score.evaluation.submission_id: display(row.task, score)
        for score in scores.select_related("evaluation")
    }
    found = []
    for each in submissions:
        score = shown.get(each.pk)
        found.append(Sent(each, number(score.value, score.decimals) if score else "–"))
    return found


def probability(p: float) -> str:
    """Return a p value as people write it."""
    return f"less than {_SMALLEST:g}" if p < _SMALLEST else f"{p:.2g}"


def _relation(p: float) -> str:
    return f"< {_SMALLEST:g}" if p < _SMALLEST else f"= {p:.2g}"


_SMALLEST = 1e-9
_COUNTS = {
    Kind.EQUAL_FILES: (("Teams", "{teams}"), ("Files", "{files}")),
    Kind.AGREEMENT: (
        ("Equal answers on public rows", "{equal:.1%}"),
        ("Shared wrong answers", "{shared}"),
        ("Expected of them by chance", "{expected}"),
    ),
    Kind.PROBING: (
        ("Files that differ from one just before in few rows", "{few} of {pairs}"),
        ("Few rows are at most", "{rows}"),
        ("Usual share of such files", "{usual:.1%}"),
    ),
    Kind.JUMP: (
        ("Rise over its own best, in standard errors", "{rise}"),
        ("Headroom closed by it", "{closed:.0%}"),
        ("Beyond the best of all others, in standard errors", "{beyond}"),
        ("Headroom of that one closed", "{closed_beyond:.0%}"),
    ),
    Kind.ACCOUNTS: (("People", "{people}"), ("Teams", "{teams}")),
}
_SUMMARY = {
    Kind.EQUAL_FILES: "{files} equal files",
    Kind.AGREEMENT: "{equal:.1%} equal, {shared} shared wrong answers, {expected} expected",
    Kind.PROBING: "{few} of {pairs} files differ in at most {rows} rows from one just before",
    Kind.JUMP: "{rise} standard errors over its best, {beyond} over all others",
    Kind.ACCOUNTS: "{people} people at one address",
}
