from podium.accounts.models import User
from podium.challenges.models import Challenge, Phase, Task
from podium.challenges.permissions import Permission, has_permission
from podium.submissions.models import State
from podium.teams.models import Team
from tests.site.factories import make_evaluation, make_submission


def test_rows_hang_together_and_pass_their_own_checks(
    challenge: Challenge, team: Team, matching_task: Task, classification_task: Task
) -> None:
    assert challenge.phase() == Phase.OPEN
    for task in (matching_task, classification_task):
        task.full_clean()
        for state in State:
            submission = make_submission(team, task, state)
        evaluation = make_evaluation(submission, public=0.5, private=0.6)
        assert evaluation.scores.count() == 2
    assert list(team.memberships.values_list("user__name", flat=True)) == ["Alice", "Bob"]


def test_people_have_the_roles_that_their_names_promise(
    challenge: Challenge, olga: User, viktor: User, sam: User, charlie: User
) -> None:
    assert has_permission(olga, Permission.MANAGE_ORGANIZERS, challenge)
    assert has_permission(viktor, Permission.SEE_CONSOLE, challenge)
    assert not has_permission(viktor, Permission.RUN_CHALLENGE, challenge)
    assert sam.is_staff
    assert not has_permission(sam, Permission.SEE_CONSOLE, challenge)
    assert not has_permission(charlie, Permission.SEE_CONSOLE, challenge)
