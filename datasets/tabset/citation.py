"""How to cite a data set: a BibTeX entry and a CITATION.cff, from what its owner wrote.

Source: https://github.com/citation-file-format/citation-file-format/blob/1.2.0/schema-guide.md
"""

import re
from typing import Any

from tabset import bibliography, yaml_text
from tabset.bibliography import Entry
from tabset.schema import Dataset, Licence

VERSION_DIGITS = 12
AUTHORED = re.compile(r"(?P<authors>[^()\n]{2,200}?),?\s*\((?P<year>(?:19|20)\d\d)[a-z]?\)")
LINK = re.compile(r"(https?|ftp|sftp)://\S+")
DOI = re.compile(r"10\.\d{4,9}(\.\d+)?/[A-Za-z0-9:/_;\-.()\[\]\\]+")
TYPES = {
    "article": "article",
    "inproceedings": "conference-paper",
    "conference": "conference-paper",
    "book": "book",
    "phdthesis": "thesis",
    "mastersthesis": "thesis",
    "thesis": "thesis",
    "techreport": "report",
    "report": "report",
    "dataset": "data",
    "software": "software",
}
# SPDX identifiers by what people write, without blanks and signs.
LICENCES = {
    re.sub(r"[^a-z0-9]", "", spelling.lower()): spdx
    for spdx, spellings in {
        "CC0-1.0": ("CC0", "CC0 1.0", "Creative Commons Zero"),
        "CC-BY-3.0": ("CC BY 3.0",),
        "CC-BY-4.0": ("CC BY 4.0", "Creative Commons Attribution 4.0"),
        "CC-BY-SA-3.0": ("CC BY-SA 3.0",),
        "CC-BY-SA-4.0": ("CC BY-SA 4.0",),
        "CC-BY-ND-4.0": ("CC BY-ND 4.0",),
        "CC-BY-NC-4.0": ("CC BY-NC 4.0",),
        "CC-BY-NC-SA-4.0": ("CC BY-NC-SA 4.0",),
        "CC-BY-NC-ND-4.0": ("CC BY-NC-ND 4.0",),
        "MIT": ("MIT", "MIT License", "MIT Licence"),
        "Apache-2.0": ("Apache 2.0", "Apache License 2.0"),
        "BSD-2-Clause": ("BSD 2-Clause",),
        "BSD-3-Clause": ("BSD 3-Clause",),
        "ODbL-1.0": ("ODbL", "ODbL 1.0"),
        "ODC-By-1.0": ("ODC-By", "ODC-By 1.0"),
        "PDDL-1.0": ("PDDL", "PDDL 1.0"),
        "Unlicense": ("Unlicense",),
    }.items()
    for spelling in spellings
}


def version(dataset: Dataset) -> str:
    """The name of the version in a citation: the first twelve digits of its content hash."""
    return dataset.content_hash[:VERSION_DIGITS]


def spdx(licence: Licence) -> str:
    """The SPDX identifier of a well-known licence; empty for any other."""
    return LICENCES.get(re.sub(r"[^a-z0-9]", "", licence.name.lower()), "")


def bibtex(dataset: Dataset) -> str:
    """The citation if it is BibTeX already, else a `@misc` entry that holds it as its note."""
    if bibliography.parse(dataset.citation):
        return dataset.citation.strip()
    fields = {"title": "{" + bibliography.escaped(dataset.title) + "}"}
    if found := AUTHORED.match(dataset.citation.strip()):
        fields["author"] = "{" + bibliography.escaped(found["authors"]) + "}"
        fields["year"] = found["year"]
    if note := bibliography.escaped(dataset.citation):
        fields["note"] = note
    if dataset.content_hash:
        fields["version"] = version(dataset)
    lines = [f"  {name:<7} = {{{value}}}," for name, value in fields.items()]
    return "\n".join([f"@misc{{{dataset.name},", *lines, "}"])


def cff(dataset: Dataset) -> str:
    """CITATION.cff 1.2.0 of the data set, YAML.

    `version` is the beginning of the content hash, which stands whole among the identifiers: a
    version of a data set is what it holds. A BibTeX citation becomes the preferred citation.
    """
    entries = bibliography.parse(dataset.citation)
    document: dict[str, Any] = {
        "cff-version": "1.2.0",
        "message": _message(dataset, bool(entries)),
        "type": "dataset",
        "title": dataset.title,
        "authors": _authors(dataset, entries[0] if entries else None),
    }
    if dataset.description.strip():
        document["abstract"] = dataset.description.strip()
    if dataset.content_hash:
        document["version"] = version(dataset)
        document["identifiers"] = [
            {
                "type": "other",
                "value": f"sha256:{dataset.content_hash}",
                "description": "The content hash of this version.",
            }
        ]
    document |= _licence(dataset.licence)
    if entries:
        document["preferred-citation"] = _reference(dataset, entries[0])
    return yaml_text.dumps(document)


def _message(dataset: Dataset, preferred: bool) -> str:
    text = " ".join(dataset.citation.split())
    if preferred or not text:
        return "If you use this data set, please cite it."
    return f"If you use this data set, please cite it as: {text}"


def _licence(licence: Licence) -> dict[str, str]:
    if known := spdx(licence):
        return {"license": known}
    return {"license-url": licence.url} if LINK.fullmatch(licence.url) else {}


def _authors(dataset: Dataset, entry: Entry | None) -> list[dict[str, str]]:
    """The authors of the entry, else who stands before the year; somebody must be named."""
    if entry and (names := bibliography.people(entry.fields.get("author", ""))):
        return names
    if not entry and (found := AUTHORED.match(dataset.citation.strip())):
        return [{"name": found["authors"].strip()}]
    return [{"name": f"The authors of {dataset.title}"}]


def _reference(dataset: Dataset, entry: Entry) -> dict[str, Any]:
    fields = {name: bibliography.plain(value) for name, value in entry.fields.items()}
    reference: dict[str, Any] = {
        "type": TYPES.get(entry.type, "generic"),
        "title": fields.get("title") or dataset.title,
        "authors": _authors(dataset, entry),
    }
    for ours, theirs in (("journal", "journal"), ("collection-title", "booktitle")):
        if fields.get(theirs):
            reference[ours] = fields[theirs]
    if re.fullmatch(r"\d{4}", fields.get("year", "")):
        reference["year"] = int(fields["year"])
    doi = re.sub(r"^https?://(dx\.)?doi\.org/", "", entry.fields.get("doi", "").strip())
    if DOI.fullmatch(doi):
        reference["doi"] = doi
    if LINK.fullmatch(link := entry.fields.get("url", "").strip()):
        reference["url"] = link
    return reference
