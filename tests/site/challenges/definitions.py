"""A small challenge.yaml, and the challenge that it makes."""

from typing import Any

import pytest
import yaml

from podium.challenges.actions import apply
from podium.challenges.definition import parse
from podium.challenges.models import Challenge
from tests.site import factories


@pytest.fixture
def document(db: None) -> dict[str, Any]:
    """A small valid challenge.yaml, as Python data, whose data set is published."""
    version = factories.make_dataset_version("matching", "pairs")
    factories.make_solution(version)
    return {
        "challenge": {
            "slug": "cup",
            "title": "The cup",
            "summary": "Who matches best?",
            "rules": "Be fair.",
            "timeline": {
                "announced_at": "now-7d",
                "opens_at": "now-1d",
                "team_freeze_at": "now+10d",
                "closes_at": "now+12d",
                "reveal_at": "now+13d",
                "freeze_hours": 24,
            },
            "tracks": [
                {
                    "kind": "matching",
                    "title": "Matching",
                    "tasks": [
                        {
                            "slug": "exact",
                            "title": "Exact",
                            "dataset": "pairs",
                            "headline": "average_precision",
                        }
                    ],
                }
            ],
            "announcements": [{"title": "Open", "body": "Go."}],
        }
    }


def applied(document: dict[str, Any]) -> Challenge:
    return apply(definition=parse(yaml.safe_dump(document)))
