"""Citations: BibTeX stays, free text becomes a sound entry, CITATION.cff keeps its format."""

import re
from dataclasses import replace
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from tabset import Dataset, Licence, bibliography, citation
from tests.tabset.sources import CLASSIFICATION, MATCHING

ARTICLE = r"""@inproceedings{ mudgal2018,
  title = {Deep Learning for {Entity} Matching: A \& B},
  author = {Sidharth Mudgal and M{\"u}ller, J\"urgen and {The {DB} Group}},
  booktitle="SIG{"}MOD",
  year = 2018,
  doi = {https://doi.org/10.1145/3183713.3196926},
  url = {https://example.org/x_y}
}"""
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
KEYS = {
    "cff-version", "message", "type", "title", "authors", "abstract", "version", "identifiers",
    "license", "license-url", "preferred-citation",
}  # fmt: skip


def cited(text: str, **changes: Any) -> Dataset:
    """The small data set with this citation."""
    return replace(CLASSIFICATION, citation=text, content_hash="0123456789abcdef" * 4, **changes)


def loaded(dataset: Dataset) -> dict[str, Any]:
    """CITATION.cff as a YAML reader sees it, with its required keys checked."""
    document: dict[str, Any] = yaml.safe_load(citation.cff(dataset))
    assert set(document) <= KEYS
    assert document["cff-version"] == "1.2.0"
    assert document["type"] == "dataset"
    assert document["message"]
    for part in (document, document.get("preferred-citation", document)):
        assert part["title"]
        assert part["authors"]
        for author in part["authors"]:
            assert set(author) <= {"name", "family-names", "given-names"}
            assert all(author.values())
    return document


def test_bibtex_stays_as_it_is() -> None:
    assert citation.bibtex(cited(f"\n {ARTICLE} \n")) == ARTICLE
    assert citation.bibtex(cited(f"{ARTICLE}\n\n{ARTICLE}")) == f"{ARTICLE}\n\n{ARTICLE}"


def test_an_entry_is_read_with_its_names_and_accents() -> None:
    (entry,) = bibliography.parse(ARTICLE)
    assert (entry.type, entry.key, entry.fields["year"]) == ("inproceedings", "mudgal2018", "2018")
    assert bibliography.plain(entry.fields["title"]) == "Deep Learning for Entity Matching: A & B"
    assert bibliography.people(entry.fields["author"]) == [
        {"family-names": "Mudgal", "given-names": "Sidharth"},
        {"family-names": "Müller", "given-names": "Jürgen"},
        {"name": "The DB Group"},
    ]


def test_free_text_becomes_an_entry_that_holds_it() -> None:
    text = "Alpaydin, E. and Kaynak, C. (1998). 100 % of $5 & {braces} under_score #1 ~^\\."
    dataset = cited(text)
    (entry,) = bibliography.parse(citation.bibtex(dataset))
    assert (entry.type, entry.key) == ("misc", "small")
    assert entry.fields["author"] == "{Alpaydin, E. and Kaynak, C.}"
    assert entry.fields["year"] == "1998"
    assert entry.fields["version"] == "0123456789ab"
    assert (
        r"100 \% of \$5 \& \textbraceleft{}braces\textbraceright{} under\_score \#1"
        in (entry.fields["note"])
    )


@pytest.mark.parametrize(
    "text",
    [
        "@article{key, title = {open}",
        "@article{key, title = {a}} and more",
        "@article{, title = {a}}",
        "@article{key, title = }",
        "@article{key, title = {a} year = 2000}",
        "someone@example.org",
        "}{",
        "",
    ],
)
def test_what_only_looks_like_bibtex_is_free_text(text: str) -> None:
    assert bibliography.parse(text) == ()
    (entry,) = bibliography.parse(citation.bibtex(cited(text)))
    assert entry.type == "misc"


@given(TEXT, TEXT)
@example("\x85", " \u2028\n--- ")
def test_any_text_makes_one_sound_entry_and_sound_yaml(text: str, title: str) -> None:
    dataset = cited(text, title=title or "x", description=text)
    entries = bibliography.parse(citation.bibtex(dataset))
    assert entries
    document = loaded(dataset)
    assert document["title"] == (title or "x")
    assert document.get("abstract", "") == text.strip()


@given(TEXT)
def test_an_escaped_text_opens_no_brace_and_no_comment(text: str) -> None:
    found = bibliography.escaped(text)
    assert found.count("{") == found.count("}")
    assert not re.search(r"(?<!\\)[$&#_%]", found)
    assert "\n" not in found


def test_the_file_names_licence_version_and_preferred_citation() -> None:
    document = loaded(cited(ARTICLE, licence=Licence("CC BY 4.0", "https://example.org/by")))
    assert document["license"] == "CC-BY-4.0"
    assert "license-url" not in document
    assert document["version"] == "0123456789ab"
    assert document["identifiers"][0]["value"] == "sha256:" + "0123456789abcdef" * 4
    reference = document["preferred-citation"]
    assert reference["type"] == "conference-paper"
    assert reference["collection-title"] == 'SIG"MOD'
    assert reference["year"] == 2018
    assert reference["doi"] == "10.1145/3183713.3196926"
    assert reference["url"] == "https://example.org/x_y"
    assert document["authors"] == reference["authors"]


def test_free_text_is_in_the_message_and_names_its_authors() -> None:
    document = loaded(cited("Christen, P. (2008). Febrl.\n KDD."))
    assert document["message"].endswith("cite it as: Christen, P. (2008). Febrl. KDD.")
    assert document["authors"] == [{"name": "Christen, P."}]
    assert loaded(cited(""))["authors"] == [{"name": "The authors of A small data set"}]


@pytest.mark.parametrize(
    ("licence", "expected"),
    [
        (Licence("CC0 1.0"), {"license": "CC0-1.0"}),
        (Licence("bsd 3-clause"), {"license": "BSD-3-Clause"}),
        (Licence("Own terms", "https://example.org/t"), {"license-url": "https://example.org/t"}),
        (Licence("Own terms", "javascript:alert(1)"), {}),
        (Licence("Own terms"), {}),
    ],
)
def test_a_licence_is_named_by_identifier_or_address(
    licence: Licence, expected: dict[str, str]
) -> None:
    document = loaded(replace(MATCHING, licence=licence))
    assert {key: document[key] for key in document if key.startswith("license")} == expected
    assert "version" not in document
