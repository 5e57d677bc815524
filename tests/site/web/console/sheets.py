"""Filling in a sheet of the set-up as an owner does: change it, read the plan, carry it out."""

import re
from typing import Any

from django.http import QueryDict
from django.test import Client

from tests.site.web.console.datasets import as_sent


def filled(client: Client, url: str, **changed: Any) -> QueryDict:
    """Return what the browser sends of the sheet, with some fields changed; None empties one."""
    sent = as_sent(client.get(url).content.decode(), url)
    for name, value in changed.items():
        if value is None:
            sent.pop(name, None)
        else:
            sent[name] = value
    return sent


def fingerprint(page: str) -> str:
    found = re.search(r'name="fingerprint" value="(\w+)"', page)
    assert found, "the page shows no plan"
    return found[1]


def planned(client: Client, url: str, **changed: Any) -> str:
    """Return the page that shows what the change of the sheet does."""
    answer = client.post(url, filled(client, url, **changed))
    assert answer.status_code == 200, answer.content.decode()
    return answer.content.decode()


def carried_out(client: Client, url: str, **changed: Any) -> str:
    """Return the page of the plan, after it was carried out."""
    page = planned(client, url, **changed)
    sent = as_sent(page, url)
    answer = client.post(url, sent)
    assert answer.status_code == 302, answer.content.decode()
    return page
