"""Over the API a submission comes with its figures, as far as its task's feedback lets them."""

from dataclasses import asdict

from podium.accounts.models import User
from podium.analysis.figures import NOT_KEPT
from podium.submissions.models import Evaluation
from scoring.diagnostics_figures import FigureData, PrecisionRecall
from tests.site.api.conftest import As, World

TASK = "challenges/cup/tasks/matching-task"


def test_a_submission_comes_with_the_figures_that_its_feedback_lets_out(
    world: World, alice: User, olga: User, calls: As
) -> None:
    path = f"submissions/{world.submission.pk}"
    evaluation = Evaluation.objects.get(submission=world.submission)
    assert calls(alice).get(path).json()["figures"]["reasons"]["reliability"] == NOT_KEPT
    curve = PrecisionRecall(40, (4, 10, 31, 44, 90, 662), (4, 10, 20, 28, 36, 40))
    data = FigureData("public", 662, None, curve, None)
    evaluation.diagnostics = {"figures": [asdict(data)]}
    evaluation.save()
    found = calls(olga).get(path).json()["figures"]
    assert (found["part"], found["confusion"], list(found["reasons"])) == (
        "public", None, ["reliability"],
    )  # fmt: skip
    assert len(found["precision_recall"]["points"]) == len(curve.accepted)
    assert set(found["precision_recall"]["points"][0]) == {"recall", "precision"}
    own = calls(alice).get(path).json()["figures"]
    assert own["precision_recall"] != found["precision_recall"]
    assert calls(alice).get(f"submissions/{world.later.pk}").json()["figures"] is None
    assert "figures" not in calls(alice).get(f"{TASK}/submissions").json()["items"][0]
