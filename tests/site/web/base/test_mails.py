"""The mails that an embedded site keeps, for superusers only."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.mail import EmailMultiAlternatives, get_connection
from django.test import Client
from pytest_django import Settings

from podium.accounts.models import User
from tests.site.factories import make_user

BACKEND = "django.core.mail.backends.filebased.EmailBackend"


@pytest.fixture
def folder(settings: Settings, tmp_path: Path) -> Path:
    """The folder of mails, which is made with the first one."""
    settings.EMAIL_FILE_PATH = tmp_path / "mail"
    return tmp_path / "mail"


def send(folder: Path, subject: str, text: str = "Hello", at: int = 0) -> None:
    connection = get_connection(BACKEND, file_path=folder)
    message = EmailMultiAlternatives(
        subject, text, "podium@localhost", ["ada@example.org"], connection=connection
    )
    message.attach_alternative("<p>As HTML</p>", "text/html")
    message.send()
    connection.close()
    newest = max(folder.iterdir(), key=os.path.getmtime)
    newest.rename(folder / f"20260101-{at:06d}-{subject.replace(' ', '')}.log")


def test_superusers_read_them_newest_first(
    folder: Path, client_of: Callable[[str], Client]
) -> None:
    send(folder, "First", at=1)
    send(folder, "Zweiter Brief für Ünal", "See https://podium.example/join/abc <b>", at=2)
    html = client_of("sam").get("/mails/").content.decode()
    assert html.index("Zweiter Brief für Ünal") < html.index("First")
    assert "ada@example.org" in html
    assert 'href="https://podium.example/join/abc"' in html
    assert "&lt;b&gt;" in html
    assert "As HTML" not in html


def test_several_mails_of_one_connection_are_all_there(
    folder: Path, client_of: Callable[[str], Client]
) -> None:
    connection = get_connection(BACKEND, file_path=folder)
    for subject in ("One", "Two"):
        EmailMultiAlternatives(
            subject, subject, "a@example.org", ["b@example.org"], connection=connection
        ).send()
    html = client_of("sam").get("/mails/").content.decode()
    assert html.index("<h2>Two</h2>") < html.index("<h2>One</h2>")


def test_many_mails_come_in_pages(folder: Path, client_of: Callable[[str], Client]) -> None:
    for number in range(21):
        send(folder, f"Mail {number:02d}", at=number)
    client = client_of("sam")
    assert "<h2>Mail 00</h2>" not in client.get("/mails/").content.decode()
    assert "<h2>Mail 00</h2>" in client.get("/mails/?page=2").content.decode()


def test_without_mails_the_page_says_what_comes(
    folder: Path, client_of: Callable[[str], Client]
) -> None:
    assert "No mail yet" in client_of("sam").get("/mails/").content.decode()


def test_production_has_no_such_page(
    folder: Path, settings: Settings, client_of: Callable[[str], Client]
) -> None:
    settings.PRODUCTION = True
    client = client_of("sam")
    assert client.get("/mails/").status_code == 404
    assert "/mails/" not in client.get("/").content.decode()


def test_staff_who_are_no_superusers_read_no_reset_mail_of_one(
    folder: Path, as_user: Callable[[User | None], Client]
) -> None:
    send(folder, "Set a new password", "Open this link: https://podium.example/reset/")
    client = as_user(make_user("rita", is_staff=True))
    answer = client.get("/mails/")
    assert answer.status_code == 404
    assert "reset" not in answer.content.decode()
    assert "/mails/" not in client.get("/").content.decode()


@pytest.mark.parametrize(
    ("person", "linked"), [("sam", True), ("olga", False), ("anonymous", False)]
)
def test_the_foot_links_it_for_superusers(
    client_of: Callable[[str], Client], person: str, linked: bool
) -> None:
    assert ('href="/mails/"' in client_of(person).get("/").content.decode()) is linked
