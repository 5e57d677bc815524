"""A real worker that stops is mailed to the owner within three minutes, once."""

import time

import pytest

from tools.scratch_site import Site, kill_group, wait_for

pytestmark = [pytest.mark.live, pytest.mark.slow]

CONFIRM = """
from allauth.account.models import EmailAddress
from podium.accounts.models import User
olga = User.objects.get(name="Olga")
EmailAddress.objects.create(user=olga, email=olga.email, verified=True, primary=True)
"""


def mails(site: Site, subject: str) -> list[str]:
    """Return the mails with this subject that say something of the scoring worker."""
    folder = site.var / "mail"
    found = [each.read_text() for each in folder.iterdir()] if folder.exists() else []
    return [mail for mail in found if subject in mail and "No scoring worker is alive" in mail]


def test_a_stopped_worker_is_mailed_once_and_once_when_it_is_back(site: Site) -> None:
    site.python(CONFIRM)
    worker = site.start_worker()
    site.start("manage", "watch", "--seconds", "3")
    time.sleep(20)
    assert mails(site, "Subject") == []
    kill_group(worker)
    stopped = time.monotonic()
    wait_for("the mail", lambda: bool(mails(site, "A problem needs attention")), 180)
    assert time.monotonic() - stopped < 180
    time.sleep(30)
    assert len(mails(site, "A problem needs attention")) == 1
    assert "To: olga@example.org" in mails(site, "A problem needs attention")[0]
    site.start_worker()
    wait_for("the end", lambda: bool(mails(site, "A problem is over")), 180)
    assert len(mails(site, "A problem is over")) == 1
