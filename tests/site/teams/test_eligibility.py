"""Nobody competes on rows whose labels or scores they may see."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from podium.accounts.models import User
from podium.catalog.models import DatasetVersion
from podium.challenges.actions import apply
from podium.challenges.definition import BadDefinition, ChallengeDefinition, parse
from podium.challenges.models import Challenge, Role, Task
from podium.refusals import Refused
from podium.teams import actions
from podium.teams.models import Team
from tests.site.factories import (
    make_challenge,
    make_dataset_version,
    make_organizer,
    make_solution,
    make_task,
    make_team,
)

AsUser = Callable[[User | None], Client]


def _refusal(call: Callable[..., Any], *args: Any, **kwargs: Any) -> Refused:
    with pytest.raises(Refused) as caught:
        call(*args, **kwargs)
    return caught.value


@pytest.fixture
def twin(matching_task: Task) -> Challenge:
    """Another challenge with a task on the same data set version."""
    other = make_challenge("twin")
    version, solution = matching_task.dataset_version, matching_task.solution
    make_task(other, "matching", dataset_version=version, solution=solution)
    return other


@pytest.fixture
def copy(matching_task: Task) -> Challenge:
    """Another challenge with a task on a data set of another name and the same content."""
    content = matching_task.dataset_version.content_hash
    version = make_dataset_version("matching", "copied", content_hash=content)
    other = make_challenge("copy")
    make_task(other, "matching", dataset_version=version, solution=make_solution(version))
    return other


# Entering a team -------------------------------------------------------------------------------


@pytest.mark.parametrize("role", Role.values)
@pytest.mark.parametrize("where", ["twin", "copy"])
def test_an_organizer_of_the_same_rows_enters_no_team(
    request: pytest.FixtureRequest, team: Team, alice: User, charlie: User, where: str, role: str
) -> None:
    other = request.getfixturevalue(where)
    make_organizer(other, charlie, role)
    _, token = actions.invite(team=team, by=alice)
    for refused in (
        _refusal(actions.create_team, challenge=team.challenge, name="Insider", by=charlie),
        _refusal(actions.ensure_team, charlie, team.challenge),
        _refusal(actions.join, token=token, by=charlie),
    ):
        assert refused.code == "organizer"
        assert f"You organize “{other}”, which uses the same data" in refused.message
        assert "Ask an owner of it to remove you first." in refused.message
    assert not charlie.memberships.exists()


def test_an_organizer_of_other_rows_enters_a_team(matching_task: Task, charlie: User) -> None:
    other = make_challenge("other")
    make_task(other, "matching")
    make_organizer(other, charlie)
    assert actions.create_team(challenge=matching_task.challenge, name="Fair", by=charlie).pk


@pytest.mark.parametrize("right", ["is_staff", "is_superuser"])
def test_staff_enter_no_team(
    matching_task: Task, team: Team, alice: User, charlie: User, right: str
) -> None:
    setattr(charlie, right, True)
    charlie.save()
    _, token = actions.invite(team=team, by=alice)
    for refused in (
        _refusal(actions.create_team, challenge=team.challenge, name="Insider", by=charlie),
        _refusal(actions.ensure_team, charlie, team.challenge),
        _refusal(actions.join, token=token, by=charlie),
    ):
        assert refused.code == "staff"
        assert "Ask a superuser to remove your staff rights first." in refused.message


def test_an_editor_of_the_same_content_enters_no_team(
    matching_task: Task, copy: Challenge, charlie: User
) -> None:
    copy.tasks.get().dataset_version.editors.add(charlie)
    challenge = matching_task.challenge
    refused = _refusal(actions.create_team, challenge=challenge, name="Insider", by=charlie)
    assert refused.code == "knows_labels"


def test_the_team_page_says_why_instead_of_offering_a_form(
    twin: Challenge, matching_task: Task, sam: User, charlie: User, as_user: AsUser
) -> None:
    make_organizer(twin, charlie, Role.VIEWER)
    url = reverse("my-team", args=[matching_task.challenge.slug])
    for user, why in ((charlie, "You organize “The twin”"), (sam, "You are staff of this site")):
        page = as_user(user).get(url).content.decode()
        assert why in page
        assert "Create team" not in page


# Getting a role, or rows, while others compete ---------------------------------------------------


def _definition(
    slug: str, version: DatasetVersion, task: str = "first", organizers: str = "{}"
) -> ChallengeDefinition:
    """Return the definition of an open challenge with one task on a version."""
    return parse(f"""
challenge:
  slug: {slug}
  title: The {slug}
  summary: Who matches best?
  timeline: {{announced_at: now-7d, opens_at: now-1d, team_freeze_at: now+10d,
              closes_at: now+12d, reveal_at: now+13d}}
  tracks:
    - kind: matching
      title: Matching
      tasks:
        - {{slug: {task}, title: Shared, dataset: {version.name}@{version.number},
            headline: average_precision}}
  organizers: {organizers}
""")


@pytest.fixture
def later(db: None) -> Challenge:
    """A challenge with a task on rows of its own."""
    own = make_dataset_version("matching", "own")
    make_solution(own)
    return apply(definition=_definition("later", own))


@pytest.mark.parametrize("role", Role.values)
def test_a_competitor_gets_no_role_on_the_same_rows(
    matching_task: Task, team: Team, role: str
) -> None:
    organizers = f"{{bob@example.org: {role}}}"
    definition = _definition("twin", matching_task.dataset_version, organizers=organizers)
    says = "bob@example.org is in a team of “The cup”, which uses the same data. They must leave"
    with pytest.raises(BadDefinition, match=says):
        apply(definition=definition)
    assert not Challenge.objects.filter(slug="twin").exists()
    Challenge.objects.filter(pk=team.challenge_id).update(revealed_at=timezone.now())
    assert apply(definition=definition).organizers.get().role == role


def test_a_challenge_takes_up_no_rows_that_a_member_organizes_elsewhere(
    matching_task: Task, later: Challenge, charlie: User
) -> None:
    make_organizer(matching_task.challenge, charlie, Role.VIEWER)
    make_team(later, "Owls", charlie)
    with pytest.raises(BadDefinition) as caught:
        apply(definition=_definition("later", matching_task.dataset_version, "second"))
    said = str(caught.value)
    assert "charlie@example.org is in a team of this challenge and organizes “The cup”" in said
    assert "Name another data set, or let them leave their team" in said
    assert later.tasks.count() == 1


def test_a_challenge_takes_up_no_rows_on_which_its_organizers_compete_elsewhere(
    matching_task: Task, team: Team, later: Challenge, bob: User
) -> None:
    make_organizer(later, bob, Role.VIEWER)
    with pytest.raises(BadDefinition) as caught:
        apply(definition=_definition("later", matching_task.dataset_version, "second"))
    said = str(caught.value)
    assert "bob@example.org organizes this challenge and is in a team of “The cup”" in said
    assert "Name another data set, or let them leave their team" in said
    assert later.tasks.count() == 1
