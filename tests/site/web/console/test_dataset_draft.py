"""The draft as a form: it says what is there, keeps what is typed, and names what is wrong."""

import copy
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import QueryDict
from django.test import Client

from podium import workers
from podium.accounts.models import User
from podium.catalog.models import Import, ImportState
from podium.web.console.datasets import draft as dataset_draft
from podium.web.console.datasets.draft import DraftForm, typed_into
from tabset import draft as drafts
from tabset.draft import Draft
from tests.site import factories
from tests.site.web.console.datasets import PETS, SHOP, again, as_sent, finding, make_import

PAGE = "/console/datasets/pets/1/"
DOCUMENT: dict[str, Any] = json.loads(json.dumps(PETS.to_json()))


@pytest.fixture(autouse=True)
def _no_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("podium.celery.send", lambda task, pk: None)
    monkeypatch.setattr(workers, "workers_alive", list)


@pytest.fixture
def source(olga: User) -> Import:
    return make_import(ImportState.DRAFTED, olga, draft=DOCUMENT)


@pytest.fixture
def client(as_user: Callable[[User | None], Client], olga: User) -> Client:
    return as_user(olga)


def page(client: Client) -> str:
    return client.get(PAGE).content.decode()


def save(client: Client, **changes: Any) -> Any:
    """Send the form as it is shown, with these changes; `__` stands for a dot."""
    sent = as_sent(page(client), "/draft/")
    for name, value in changes.items():
        key = "draft." + name.replace("__", ".")
        sent.setlist(key, value if isinstance(value, list) else [value])
    return client.post(
        f"{PAGE}draft/", sent.urlencode(), content_type="application/x-www-form-urlencoded"
    )


def saved(source: Import) -> Any:
    return again(source).draft


# What is shown and sent back -------------------------------------------------------------------


@pytest.mark.parametrize("draft", [PETS, SHOP], ids=lambda draft: str(draft.kind))
def test_a_form_sent_back_as_it_is_changes_nothing(
    client: Client, source: Import, draft: Draft
) -> None:
    document = json.loads(json.dumps(draft.to_json()))
    Import.objects.update(draft=document)
    sent = as_sent(page(client), "/draft/")
    assert typed_into(document, sent) == document
    assert len(sent) > 25


def test_what_was_found_stands_beside_each_column(client: Client, source: Import) -> None:
    html = page(client)
    for said in ("25 % missing", "3 different", "Three texts.", "<code>1.2.2020</code>"):
        assert said in html
    assert "&lt;b&gt;" in html
    assert "x" * 60 not in html
    assert html.count('<span class="chip info">label</span>') == 1
    assert html.count('<span class="chip info">slice</span>') == 1


def test_a_checked_draft_is_no_form_any_more(client: Client, source: Import) -> None:
    Import.objects.update(state=ImportState.QUEUED)
    html = page(client)
    assert "Can be edited again when the work is over." in html
    assert "Save and check" not in html
    assert "Download draft.json" in html


# Saving ----------------------------------------------------------------------------------------


def test_what_is_typed_is_kept_and_checked_at_once(
    client: Client, source: Import, olga: User
) -> None:
    answer = save(
        client,
        title="Pets of all kinds",
        licence__name="CC-BY-4.0",
        classes="cat\r\ndog\r\n\r\nowl",
        roles__group="name",
        roles__slices=["born", "name"],
        split__method="group",
        split__test_share="0,5",
        ids="new",
        order="shuffle",
        **{"tables__rows[0]__missing_values": "NA, -, ", "tables__rows[1]__type": "text"},
        **{"tables__rows[3]__rename": " sort ", "tables__rows[3]__description": "Which."},
    )
    assert (answer.status_code, answer["Location"]) == (302, f"{PAGE}#findings")
    draft = drafts.from_json(saved(source))
    assert (draft.title, draft.licence.name, draft.classes) == (
        *("Pets of all kinds", "CC-BY-4.0"),
        ("cat", "dog", "owl"),
    )
    assert (draft.roles.group, draft.roles.slices) == ("name", ("born", "name"))
    assert (draft.split.method, draft.split.test_share) == ("group", 0.5)
    assert (draft.ids, draft.order) == ("new", "shuffle")
    weight, born, _, kind = draft.tables["rows"]
    assert (weight.missing_values, born.type) == (("NA", "-"), "text")
    assert (kind.rename, kind.description) == ("sort", "Which.")
    assert (again(source).state, again(source).step) == ("queued", "check")
    assert again(source).version.title == "Pets of all kinds"


def test_unticked_columns_are_not_used(client: Client, source: Import) -> None:
    sent = as_sent(page(client), "/draft/")
    sent.setlist("use", ["draft.tables.rows[2]", "draft.tables.rows[3]", "draft.tables.rows[9]"])
    client.post(f"{PAGE}draft/", sent.urlencode(), content_type="application/x-www-form-urlencoded")
    assert [c["use"] for c in saved(source)["tables"]["rows"]] == [False, False, True, True]


def test_pairs_that_cross_are_dropped_on_request(client: Client, source: Import) -> None:
    Import.objects.update(draft=SHOP.to_json())
    save(client, split__strict="on", negative_label="no", roles__entity="record_id")
    draft = drafts.from_json(saved(source))
    assert (draft.split.strict, draft.negative_label) == (True, "no")
    assert draft.roles.entity == "record_id"


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("split__test_share", "1.5", "It is 1.5, expected a share between 0 and 1."),
        ("split__test_share", "half", "It is &#x27;half&#x27;, expected a number."),
        ("split__public_share", "nan", "expected a share between 0 and 1"),
        ("split__method", "magic", "expected one of given"),
        ("ids", "", "expected one of keep"),
        ("order", "sorted", "expected one of keep"),
        ("roles__label", "colour", "It is &#x27;colour&#x27;, which is not a column of rows."),
        ("roles__slices", ["colour"], "&#x27;colour&#x27;, which is no"),
        ("tables__rows[1]__type", "magic", "expected one of id"),
    ],
)
def test_a_fault_stands_beside_its_field_and_everything_typed_stays(
    client: Client, source: Import, key: str, value: Any, said: str
) -> None:
    answer = save(client, title="Something <else>", **{key: value})
    html = answer.content.decode()
    assert answer.status_code == 422
    assert "The draft was not saved" in html
    field = f"draft.{key.replace('__', '.')}"
    above = html.partition("The draft was not saved")[2].partition("</div>")[0]
    assert f'<a href="#{field}">' in above
    assert said in above
    assert "draft." not in re.sub(r"<[^>]*>", "", above)
    assert f'id="{field}"' in html
    beside = html.partition(f'id="{field}"')[2].partition('class="errorlist"')[2]
    assert said in beside[:300]
    assert 'value="Something &lt;else&gt;"' in html
    sent = as_sent(html, "/draft/")
    if not isinstance(value, list) and key not in ("split__method", "ids", "order"):
        assert sent.get(field) in (value, str(value))
    assert saved(source) == DOCUMENT
    assert again(source).state == ImportState.DRAFTED


@pytest.mark.parametrize("text", ["a\0b", "\ud800"], ids=ascii)
def test_what_no_database_keeps_is_refused(client: Client, source: Import, text: str) -> None:
    changed = copy.deepcopy(DOCUMENT) | {"title": text}
    file = SimpleUploadedFile("draft.json", json.dumps(changed).encode())
    answer = client.post(f"{PAGE}draft/upload/", {"draft": file})
    assert answer.status_code == 422
    assert "invalid characters" in answer.content.decode()
    assert saved(source) == DOCUMENT


def test_a_nul_that_is_typed_is_refused_too(client: Client, source: Import) -> None:
    answer = save(client, title="a\0b")
    assert answer.status_code == 422
    assert saved(source) == DOCUMENT


def test_a_draft_is_not_edited_while_it_is_checked(client: Client, source: Import) -> None:
    sent = as_sent(page(client), "/draft/")
    Import.objects.update(state=ImportState.QUEUED)
    answer = client.post(
        f"{PAGE}draft/", sent.urlencode(), content_type="application/x-www-form-urlencoded"
    )
    assert answer.status_code == 422
    assert saved(source) == DOCUMENT


def test_there_is_no_form_before_there_is_a_draft(client: Client, olga: User) -> None:
    make_import(ImportState.UPLOADING, olga)
    assert client.post(f"{PAGE}draft/").status_code == 404
    assert client.get(f"{PAGE}draft.json").status_code == 404
    assert client.post(f"{PAGE}draft/upload/").status_code == 404


# Many columns ----------------------------------------------------------------------------------


def wide(count: int) -> dict[str, Any]:
    """Return a draft with this many columns."""
    column = DOCUMENT["tables"]["rows"][0]
    rows = [{**column, "name": f"c{place}", "missing_values": []} for place in range(count)]
    changed = {"tables": {"rows": rows}, "roles": {**DOCUMENT["roles"], "label": "c0"}}
    return {**DOCUMENT, **changed, "roles": {**changed["roles"], "slices": []}}


def test_more_columns_than_a_form_takes_stay_as_they_are(client: Client, source: Import) -> None:
    document = wide(dataset_draft.MOST_COLUMNS + 3)
    Import.objects.update(draft=document)
    html = page(client)
    assert "3 more columns do not fit into a form" in html
    sent = as_sent(html, "/draft/")
    assert typed_into(document, sent) == document
    sent.setlist("use", [])
    used = [c["use"] for c in typed_into(document, sent)["tables"]["rows"]]
    assert (used.count(False), used.count(True)) == (dataset_draft.MOST_COLUMNS, 3)


def test_the_largest_form_has_no_more_fields_than_are_read(client: Client, source: Import) -> None:
    document = wide(dataset_draft.MOST_COLUMNS)
    for column in document["tables"]["rows"]:
        column["type"] = "datetime"
    document["roles"]["slices"] = []
    Import.objects.update(draft=document)
    answer = save(client, split__test_share="0.5")
    assert answer.status_code == 302
    assert saved(source)["split"]["test_share"] == 0.5


def test_columns_of_all_tables_share_the_form() -> None:
    document = json.loads(json.dumps(SHOP.to_json()))
    many = [{**document["tables"]["pairs"][0], "name": f"p{n}"} for n in range(129)]
    document["tables"]["pairs"] = many
    form = DraftForm(document)
    assert [len(rows) for _, rows in form.tables] == [129, 1]
    assert form.hidden == 2
    assert typed_into(document, QueryDict("use=x"))["tables"]["records"][1]["use"] is True


# As a file -------------------------------------------------------------------------------------


def test_the_draft_is_downloaded_and_taken_back(client: Client, source: Import) -> None:
    answer = client.get(f"{PAGE}draft.json")
    assert answer["Content-Disposition"] == 'attachment; filename="pets-1-draft.json"'
    document = json.loads(answer.content)
    assert document == DOCUMENT
    changed = {**document, "origin": "A kennel."}
    file = SimpleUploadedFile("draft.json", json.dumps(changed).encode())
    answer = client.post(f"{PAGE}draft/upload/", {"draft": file})
    assert (answer.status_code, answer["Location"]) == (302, f"{PAGE}#findings")
    assert saved(source)["origin"] == "A kennel."
    assert again(source).step == "check"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "Choose the edited draft.json first"),
        (b"{", "The file is not JSON in UTF-8"),
        (b"\xff\xfe", "The file is not JSON in UTF-8"),
        (b"[" * 100_000, "The file is not JSON in UTF-8"),
        (b"[]", "not a draft of the format"),
        (json.dumps({**DOCUMENT, "colour": 1}).encode(), "no key &#x27;colour&#x27;"),
        (json.dumps({**DOCUMENT, "tables": {}}).encode(), "needs the table"),
        (json.dumps({**DOCUMENT, "tables": 7}).encode(), "expected an object"),
        (json.dumps({**DOCUMENT, "name": "owls"}).encode(), "but this is pets"),
        (json.dumps(wide(2)).encode(), "other tables or columns than the raw files"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_file_that_is_no_draft_of_these_files_is_refused(
    client: Client, source: Import, content: bytes, said: str
) -> None:
    form = {"draft": SimpleUploadedFile("draft.json", content)} if content else {}
    answer = client.post(f"{PAGE}draft/upload/", form)
    html = answer.content.decode()
    assert answer.status_code == 422
    assert "The file was not taken" in html
    assert said in html
    assert 'value="Pets"' in html
    assert saved(source) == DOCUMENT


def test_a_huge_file_is_refused(
    client: Client, source: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("podium.web.console.datasets.files.DRAFT_BYTES", 100 - (1 << 20))
    file = SimpleUploadedFile("draft.json", json.dumps(DOCUMENT).encode())
    answer = client.post(f"{PAGE}draft/upload/", {"draft": file}, follow=True)
    assert "bytes that may be sent here" in answer.content.decode()
    assert again(source).state == ImportState.DRAFTED


def test_a_draft_of_another_version_is_untouched(client: Client, source: Import) -> None:
    other = factories.make_draft("pets", number=2).source
    Import.objects.filter(pk=other.pk).update(draft=DOCUMENT, state=ImportState.DRAFTED)
    save(client, title="Mine")
    assert again(other).draft == DOCUMENT


# Findings ----------------------------------------------------------------------------------------


def told(client: Client, message: str, column: str = "", table: str = "rows") -> str:
    """Return what the page says of one finding."""
    Import.objects.update(findings=[finding("warning", message, table=table, column=column)])
    return page(client).partition('<ol class="problems">\n')[2].partition("</ol>")[0]


@pytest.mark.parametrize(
    ("column", "message", "said"),
    [
        (
            "",
            "Set `ids` to new.",
            'Set <a href="#draft.ids">Ids</a> to “replace with random ones”.',
        ),
        (
            "",
            "set `split.method` to group, if so",
            'set <a href="#draft.split.method">Train and test</a> to '
            "“by whole groups; for matching by whole entities”, if so",
        ),
        ("", "change `split` in draft.json.", 'change <a href="#draft.split.method">Train and'),
        (
            "",
            "set `order` to shuffle.",
            '<a href="#draft.order">Order of the test rows</a> to “shuf',
        ),
        (
            "",
            "set `licence.name` (such as CC-BY-4.0) and `licence.url`",
            'set <a href="#draft.licence.name">Licence</a> (such as CC-BY-4.0) and '
            '<a href="#draft.licence.url">Licence URL</a>',
        ),
        (
            "",
            "set `roles.label` to the column",
            'set <a href="#draft.roles.label">Label</a> to the',
        ),
        ("", "give all another `shared_salt`.", '<a href="#draft.split.shared_salt">Salt shared'),
        ("", "set `use` of at least one column to true.", "tick “Use” of at least one column."),
        ("weight", "set `use` to false.", 'untick <a href="#draft.tables.rows[0]">Use</a>.'),
        (
            "weight",
            "set `use` of the column to false, unless",
            'untick <a href="#draft.tables.rows[0]">Use</a> of the column, unless',
        ),
        (
            "name",
            "change `rename` for",
            'change <a href="#draft.tables.rows[2].rename">New name</a>',
        ),
        (
            "born",
            "Add to `missing_values`, set `format`, or change the `type`, to text",
            'Add to <a href="#draft.tables.rows[1].missing_values">Missing values</a>, set '
            '<a href="#draft.tables.rows[1].format">Format</a>, or change the '
            '<a href="#draft.tables.rows[1].type">Type</a>, to text',
        ),
        ("weight", "set `format`", "set “Format”"),
        ("gone", "set the `type` to text.", "set the “Type” to text."),
        ("", "The file `a<b>.csv`", "The file <code>a&lt;b&gt;.csv</code>"),
        ("", "set `name` to lower case", "set <code>name</code> to lower case"),
    ],
)
def test_a_finding_names_the_fields_as_the_form_does_and_links_to_them(
    client: Client, source: Import, column: str, message: str, said: str
) -> None:
    html = told(client, message, column)
    assert said in html
    whole = page(client)
    for anchor in re.findall(r'href="#([^"]+)"', html):
        element = whole.partition(f'id="{anchor}"')[0].rpartition("<")[2].split()[0]
        assert element in {"input", "select", "textarea"}


def test_matching_has_its_own_words(client: Client, source: Import) -> None:
    Import.objects.update(draft=SHOP.to_json())
    html = told(client, "set `split.strict` to drop them.", table="pairs")
    assert (
        'tick <a href="#draft.split.strict">Drop pairs whose records are on both sides</a> to drop'
        in html
    )
    assert "Label of a match</a>" in told(client, "look at `positive_label` (match)")


def test_a_finding_links_to_its_column(client: Client, source: Import) -> None:
    html = told(client, "Odd.", "kind")
    assert '<a href="#draft.tables.rows[3]"><code>kind</code></a>' in html
    assert "<code>gone</code>" in told(client, "Odd.", "gone")


def test_a_draft_that_cannot_be_edited_has_no_links_to_fields(
    client: Client, source: Import
) -> None:
    Import.objects.update(state=ImportState.QUEUED, step="build")
    html = told(client, "set `ids` to new", "kind")
    assert "set “Ids” to “replace with random ones”" in html
    assert 'href="#draft' not in html


def test_names_of_images_are_asked_only_where_there_are_images(
    client: Client, source: Import
) -> None:
    assert 'id="draft.images"' not in page(client)
    document = copy.deepcopy(DOCUMENT)
    document["tables"]["rows"][0]["type"] = "image"
    Import.objects.update(draft=document)
    html = page(client)
    assert 'id="draft.images"' in html
    assert typed_into(document, as_sent(html, "/draft/")) == document
