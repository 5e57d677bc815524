"""What the client says of the API's answers is what the API's own document says."""

from typing import Any

import pytest

from podium.api.document import document
from podium_client import shapes

# The client's shape: the document's.
SAME: dict[str, str] = {
    "Me": "Me",
    "Challenge": "ChallengeShort",
    "TaskSummary": "TaskShort",
    "TaskFacts": "TaskWhole",
    "Submission": "SubmissionOut",
    "Score": "Score",
    "Validation": "ValidationOut",
    "Member": "Member",
    "OwnTeam": "OwnTeam",
    "Merge": "Merge",
    "Question": "QuestionOut",
    "Answer": "AnswerOut",
    "Notice": "NoticeOut",
    "Pdf": "Pdf",
    "WriteUpVersion": "WriteUpOut",
}


@pytest.mark.parametrize("name", sorted(SAME))
def test_the_client_expects_no_key_that_the_api_does_not_send(name: str) -> None:
    described: Any = document()["components"]["schemas"][SAME[name]]
    assert set(getattr(shapes, name).__annotations__) <= set(described["properties"])
