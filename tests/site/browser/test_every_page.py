"""Every page can be read by everybody, while a challenge is open."""

import pytest
from django.test import Client

from podium.submissions.models import Submission
from tests.site.browser.every_page import complaints_of, every_address

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_every_page_can_be_read_by_everybody(
    submission: Submission, clients: dict[str, Client]
) -> None:
    assert complaints_of(every_address(submission), clients) == []
