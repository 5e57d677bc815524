"""An event that is over, with texts of people in it."""

import pytest

from podium.analysis import studies
from podium.challenges.models import Challenge
from podium.submissions.models import Submission
from podium.teams.models import ResearchUse, Team
from tests.site import factories
from tests.site.standings.played import Played, end, kept_played, study_all

__all__ = ["kept_played"]


@pytest.fixture(scope="module")
def kept_over(kept_played: Played) -> int:
    """The id of the challenge played, revealed and studied, with texts of people."""
    challenge = kept_played.task.challenge
    Team.objects.filter(name="Ann").update(research_use=ResearchUse.YES)
    Team.objects.filter(name="Ben").update(research_use=ResearchUse.NO)
    end(challenge)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(studies, "REST_SECONDS", 0.0)
        patch.setattr(studies, "REST_TIMES", 0.0)
        study_all()
    ann = Team.objects.get(name="Ann")
    asked = factories.make_question(challenge, ann.captain, body="shown-question")
    factories.make_answer(asked, ann.captain, body="shown-answer")
    hidden = {"body": "hidden-question", "hidden_at": asked.asked_at}
    factories.make_question(challenge, ann.captain, **hidden)
    writeup = factories.make_writeup(ann, kept_played.track, published=True)
    factories.make_attachment(writeup)
    Submission.objects.filter(team=ann).update(note="private-note", original_name="ann-laptop.csv")
    return challenge.pk


@pytest.fixture
def over(kept_over: int, db: None) -> Challenge:
    """The challenge that is over."""
    return Challenge.objects.get(pk=kept_over)
