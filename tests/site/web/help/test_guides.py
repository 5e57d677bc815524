"""The guides on the site: every link leads somewhere, nothing is missing that they refer to."""

import re
from html.parser import HTMLParser

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils.html import escape

from podium.challenges.models import Task
from podium.markdown import to_page
from podium.web.help import guides

pytestmark = pytest.mark.django_db


class _Page(HTMLParser):
    """Collects the links and the anchors of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.anchors: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "a":
            self.links.append(values.get("href") or "")
        if values.get("id"):
            self.anchors.append(values["id"] or "")


def test_help_begins_with_the_guide_for_participants(client: Client) -> None:
    html = client.get("/help/").content.decode()
    assert "<h1>For participants</h1>" in html
    assert '<h2 id="choose-your-final-submissions">' in html
    assert client.get("/help/participants/").headers["location"] == "/help/"


@pytest.mark.parametrize("name", guides.GUIDES)
def test_the_links_of_a_guide_lead_to_pages_and_anchors_of_the_site(
    client: Client, name: str
) -> None:
    page = _Page(guides.guide(name).html)
    assert "" not in page.links
    for link in page.links:
        address, _, anchor = link.partition("#")
        if address.startswith(("https://", "http://")):
            continue
        answer = client.get(address or guides.guide_url(name))
        assert answer.status_code == 200, link
        assert not anchor or anchor in _Page(answer.content.decode()).anchors, link


@pytest.mark.parametrize("name", guides.GUIDES)
def test_a_guide_has_unique_anchors_and_no_pictures(name: str) -> None:
    guide = guides.guide(name)
    anchors = _Page(guide.html).anchors
    assert len(anchors) == len(set(anchors))
    assert {section.anchor for section in guide.sections} <= set(anchors)
    assert not re.search(r"<img|mermaid|flowchart|<p></p>", guide.html)


def test_every_guide_in_the_tabs_marks_itself(client: Client) -> None:
    for name in (name for name, label in guides.GUIDES.items() if label):
        html = client.get(guides.guide_url(name)).content.decode()
        assert f'<a href="{guides.guide_url(name)}" aria-current="page">' in html


@pytest.mark.parametrize("name", ["running", "security", "architecture", "glossary.md", "nothing"])
def test_documents_for_operators_and_developers_are_not_served(client: Client, name: str) -> None:
    assert client.get(f"/help/{name}/").status_code == 404


def test_the_guide_to_the_api_leads_to_the_reference(client: Client) -> None:
    html = client.get("/help/api/").content.decode()
    assert '<a href="/api/v1/docs">API reference of this site</a>' in html
    assert client.get("/api/v1/docs").status_code == 200
    assert '/api/v1/docs">' not in client.get("/help/client/").content.decode()


def test_every_page_leads_to_the_help(client: Client) -> None:
    html = client.get(reverse("metrics")).content.decode()
    assert html.count('<a href="/help/">Help</a>') == 2  # in the bar and in the footer


def test_the_glossary_explains_each_term_in_a_short_paragraph() -> None:
    assert {"skill", "step", "ladder", "split", "bracket", "headroom", "nfr", "opis", "oof"} <= set(
        guides.terms()
    )
    for anchor, (_, words) in guides.terms().items():
        assert 20 < len(words) < 220, anchor
        assert not re.search(r"[\[\]<>\n*`]", words), anchor
    assert sorted(guides.terms()) == list(guides.terms())


def test_a_term_is_explained_where_it_is_used(client: Client, matching_task: Task) -> None:
    html = client.get(matching_task.get_absolute_url()).content.decode()
    for anchor in ("step", "public-part", "final-submission"):
        name, words = guides.terms()[anchor]
        link = f'<a href="/help/glossary/#{anchor}">'
        assert f'popovertarget="term-{anchor}" aria-label="What does “{name}” mean?">?<' in html
        assert f'id="term-{anchor}">{escape(words)} {link}' in html
        assert html.count(f'id="term-{anchor}"') == 1


def test_pages_explain_only_terms_of_the_glossary() -> None:
    used = {
        anchor
        for file in settings.WEB.rglob("*.html")
        for anchor in re.findall(r'{% term "([^"]+)" %}', file.read_text())
    }
    assert len(used) > 5
    assert used <= set(guides.terms())


def test_a_guide_shows_no_html_of_its_source() -> None:
    html = to_page("<script>x</script>\n\n[a](javascript:x) ![p](p.png)\n\n## A `b`, c!", str)
    assert "<script" not in html
    assert "javascript:" not in re.findall('href="[^"]*"', html)
    assert "<img" not in html
    assert '<h2 id="a-b-c">' in html
