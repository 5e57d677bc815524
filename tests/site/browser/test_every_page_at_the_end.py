"""Every page can be read after the reveal; in a file of its own, to run in parallel."""

import pytest
from django.test import Client

from podium.submissions.models import Submission
from tests.site.browser.every_page import complaints_of, every_address
from tests.site.standings import played

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_every_page_can_be_read_after_the_reveal(
    submission: Submission, clients: dict[str, Client]
) -> None:
    urls = every_address(submission)
    played.end(submission.task.challenge)
    played.study_all()
    assert complaints_of(urls, {"ann": clients["ann"]}) == []
