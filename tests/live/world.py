"""What the live site starts with: a challenge on the pets data set, its baseline, some people."""

from pathlib import Path

from podium.accounts.models import User
from podium.baseline_runs.actions import baseline_team
from podium.challenges.models import Organizer, Role
from podium.submissions.actions import submit
from tests.site import factories
from tests.site.diagnoses import make_diagnosis
from tests.site.pets import make_pets_task, predictions

PASSWORD = "long enough for a test"


def load(folder: str) -> None:
    """Make the challenge with one open task; the trivial baseline waits in the queue."""
    challenge = factories.make_challenge("cup", rules="")
    task = make_pets_task(challenge, Path(folder) / "pets", daily_limit=50, in_flight_limit=50)
    # One that is there, so that no worker makes one in the middle of a test.
    make_diagnosis(task.dataset_version)
    for name in ("alice", "olga"):
        user = User.objects.create_user(f"{name}@example.org", PASSWORD, name=name.title())
        if name == "olga":
            Organizer.objects.create(challenge=challenge, user=user, role=Role.OWNER)
        else:
            factories.make_team(challenge, "Alpha", user)
    User.objects.create_user("charlie@example.org", PASSWORD, name="Charlie")  # in no team
    User.objects.create_user("sam@example.org", PASSWORD, name="Sam", is_staff=True)
    trivial = baseline_team(challenge, "trivial")
    submit(team=trivial, task=task, upload=predictions(task, Path(folder), wrong=20))
