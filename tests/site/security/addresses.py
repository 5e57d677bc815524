"""Every route of the site with an address that leads somewhere."""

import re
from collections.abc import Iterator
from datetime import timedelta

from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from podium.accounts import tokens
from podium.accounts.models import User
from podium.baseline_runs.models import BaselineRun, Diagnosis
from podium.catalog.models import DatasetVersion
from podium.challenges.models import Task
from podium.notices.models import Notice
from podium.notices.turning_off import token_of
from podium.submissions.models import Submission
from podium.teams.actions import invite
from podium.teams.models import Membership, MergeProposal, Team
from podium.web.help.client import wheel_name
from tests.site import factories
from tests.site.diagnoses import make_diagnosis

OF_OTHERS = ("admin/", "accounts/")
"""Where Django's and allauth's own addresses begin; a crawl goes through the admin's."""
_PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")
_OF_A_DRAFT = ("console-dataset", "raw-file")
_OF_A_PERSON = ("console-person", "console-person-data", "console-person-delete")
Values = dict[str, str | int]


def routes() -> dict[str, tuple[str, ...]]:
    """Return the site's own routes by name, each with the names of its parameters."""
    return {
        name: tuple(_PARAMETER.findall(route))
        for route, name in _patterns(get_resolver(), "", "")
        if not route.startswith(OF_OTHERS)
    }


def _patterns(resolver: URLResolver, prefix: str, space: str) -> Iterator[tuple[str, str]]:
    """Yield each route with its name, which begins with that of its namespace."""
    for each in resolver.url_patterns:
        route = f"{prefix}{each.pattern}"
        if isinstance(each, URLPattern):
            yield route, f"{space}{each.name}"
        else:
            inner = f"{space}{each.namespace}:" if each.namespace else space
            yield from _patterns(each, route, inner)


def make_values(task: Task, team: Team, submission: Submission) -> dict[str, Values]:
    """Return a value of every parameter for each route, and make the rows that these name.

    KeyError for a parameter that is new: give it a value that leads somewhere.
    """
    draft = factories.make_draft("drafted")
    raw = factories.make_raw_file(draft)
    run = BaselineRun.objects.filter(task=task).first() or BaselineRun.objects.create(
        task=task, method="trivial"
    )
    if not Diagnosis.objects.filter(version=task.dataset_version).exists():
        make_diagnosis(task.dataset_version)
    told = Notice.objects.filter(user=team.captain)
    notice = told.first() or factories.make_notice(team.captain, submission)
    invitation, token = invite(team=team, by=team.captain)
    key, _ = tokens.make(user=team.captain, name="laptop", scopes=["read"])
    # Of two submissions of the team the last can be compared with the first.
    last = Submission.objects.filter(team=team, task=task).latest("number")
    question = factories.make_question(task.challenge, team.captain, task=task)
    long_ago = timezone.now() - timedelta(days=30)  # nobody is mailed of it now
    news = task.challenge.announcements.create(title="News", body="Read it.", at=long_ago)
    answer = factories.make_answer(question, team.captain)
    writeup = factories.make_writeup(team, task.track)
    paper = factories.make_attachment(writeup)
    writeup.versions.update(paper=paper)
    archive = factories.make_archive(task.challenge)
    case = factories.make_case(team, task)
    of_question: Values = {"pk": question.pk, "answer": answer.pk}
    values: Values = {
        "slug": task.challenge.slug,
        "task": task.slug,
        "kind": task.track.kind,
        "pk": submission.pk,
        "submission": submission.pk,
        "run": run.pk,
        "team": team.pk,
        "team_slug": team.slug,
        "user": Membership.objects.filter(team=team).exclude(user=team.captain).get().user_id,
        "invitation": invitation.pk,
        "token": token,
        "proposal": _proposal(team),
        "table": "train",
        "verb": "check",
        "check": "rules",
        "version": 1,
        "what": "paper",
        **_version(task.dataset_version),
        "file": "train.csv",
        "form": "csv",
    }
    api: Values = {
        "challenge": task.challenge.slug,
        "track": task.track.kind,
        "name": "train.csv",
        "validation": str(factories.make_check(task, team.captain).pk),
        "upload": str(factories.make_partial(task, team.captain).pk),
        "question": question.pk,
        "answer": answer.pk,
        "team": team.slug,
        "version": 1,
        "pdf": "paper",
        "archive": archive.pk,
        "case": case.pk,
    }
    certificate = factories.make_certificate(team, task.track, is_over=False)
    special: dict[str, Values] = {
        "api:submission-compare": {"submission": last.pk, "number": 1},
        "submission-compare": {"pk": last.pk, "number": 1},
        "raw-file": {"file": raw.name},
        "task-starter": {"form": "ipynb"},
        "part": {"pk": str(factories.make_partial(task, team.captain).pk)},
        "validation": {"pk": str(factories.make_check(task, team.captain).pk)},
        "validation-status": {"pk": str(factories.make_check(task, team.captain).pk)},
        "team-table": {"form": "md"},
        "token-revoke": {"pk": key.pk},
        "guide": {"name": "glossary"},
        "client-wheel": {"name": wheel_name()},
        "console-dataset-editor-remove": {"who": _editor(draft)},
        **{name: {"pk": team.captain.pk} for name in _OF_A_PERSON},
        "console-rescore": {"verb": "start"},
        "console-sheet": {"name": "times"},
        "console-rule": {"kind": "teams"},
        "console-messages": {"team": team.slug},
        "console-announcement": {"pk": news.pk},
        "console-take-back": {"pk": news.pk},
        "console-archive-file": {"pk": archive.pk},
        "console-case": {"pk": case.pk},
        "console-labels-act": {"pk": _correction(task), "verb": "discard"},
        "certificate": {"code": certificate.code},
        "certificate-file": {"code": certificate.code},
        "notice": {"pk": notice.pk},
        "offer": {"pk": factories.make_offer("drafted", team.captain.email).pk},
        "notices-off": {"signed": token_of(team.captain, ["scored"])},
        "question": of_question,
        "question-answer": of_question,
        "question-edit": of_question,
        "answer-edit": of_question,
        "question-moderate": {**of_question, "verb": "hide"},
        "answer-moderate": {**of_question, "verb": "hide"},
        "write-up-act": {"verb": "take-back"},
    }
    found = {}
    for route, parameters in routes().items():
        of_draft = _version(draft) if route.startswith(_OF_A_DRAFT) else {}
        of_api = api if route.startswith("api:") else {}
        known = {**values, **of_draft, **of_api, **special.get(route, {})}
        found[route] = {name: known[name] for name in parameters}
    return found


def _editor(draft: DatasetVersion) -> str:
    """Return the key of one of two editors of a draft."""
    names = ("ed", "edna")
    known = {name: User.objects.filter(email=f"{name}@example.org").first() for name in names}
    editors = [known[name] or factories.make_user(name) for name in names]
    draft.editors.set(editors)
    return f"person-{editors[0].pk}"


def _correction(task: Task) -> int:
    """Return the key of a corrected solution of the task."""
    return (task.corrections.first() or factories.make_correction(task)).pk


def _proposal(team: Team) -> int:
    """Return the key of a proposal that the team becomes part of another one."""
    other = factories.make_team(team.challenge, "Proposing", factories.make_user("proposing"))
    return MergeProposal.objects.create(surviving=other, absorbed=team).pk


def _version(version: DatasetVersion) -> Values:
    return {"name": version.name, "number": version.number}


def addresses(values: dict[str, Values]) -> dict[str, str]:
    """Return one address for each route."""
    return {route: reverse(route, kwargs=each) for route, each in values.items()}
