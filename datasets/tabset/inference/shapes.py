"""What texts look like: missing markers, numbers, dates, lists, file names, codes.

The patterns are read by RE2 (in Arrow) and by Python alike.
"""

import re
from collections.abc import Mapping

MISSING = re.compile(
    r"(?:#?na|#?n/a|n\.a\.|nan|nil|\\n|-{1,3}|\?{1,2}|\.|[(\[<]?(?:null|none|na|nan)[)\]>]?"
    r"|unknown|undefined|missing|not available|not applicable|no data|#(?:null|value|div/0)!"
    r"|0000-00-00(?: 00:00:00)?)?",
    re.IGNORECASE,
)
BLANKS = " \t\n\v\f\r"
NUMBER = r"^\s*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?\s*$"
WHOLE = r"^[+-]?[0-9]+$"
IMAGE = r"(?i)[^/]\.(png|jpe?g|webp|gif|bmp|tiff?)$"
LINK = re.compile(r"[a-z]+://", re.IGNORECASE)

_CHARACTER = (
    r'(?:[^"\\\x00-\x1f]|\\["\\/bfnrt]|\\u[0-9a-cA-CefEF][0-9a-fA-F]{3}|\\u[dD][0-7][0-9a-fA-F]{2}'
    r"|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})"
)
_ITEM = rf'"{_CHARACTER}*"'
JSON_LIST = (
    rf"^[ \t\r\n]*\[[ \t\r\n]*(?:{_ITEM}(?:[ \t\r\n]*,[ \t\r\n]*{_ITEM})*[ \t\r\n]*)?\][ \t\r\n]*$"
)

_DAY = r"(?:0?[1-9]|[12][0-9]|3[01])"
_MONTH = r"(?:0?[1-9]|1[0-2])"
_YEAR = r"[1-9][0-9]{3}"
_SHORT = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_LONG = r"(?:January|February|March|April|May|June|July|August|September|October|November|December)"
_CLOCK = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]"
_ZONE = r"(?:Z|[+-][0-9]{2}:[0-9]{2})"
_MOMENT = rf"{_CLOCK}(?::[0-5][0-9](?:\.[0-9]{{1,9}})?)?{_ZONE}?"
ISO = rf"^{_YEAR}-[0-9]{{2}}-[0-9]{{2}}(?:[T ]{_MOMENT})?$"

_DATES: Mapping[str, str] = {
    "%Y/%m/%d": rf"{_YEAR}/{_MONTH}/{_DAY}",
    "%Y.%m.%d": rf"{_YEAR}\.{_MONTH}\.{_DAY}",
    "%d.%m.%Y": rf"{_DAY}\.{_MONTH}\.{_YEAR}",
    "%d/%m/%Y": rf"{_DAY}/{_MONTH}/{_YEAR}",
    "%m/%d/%Y": rf"{_MONTH}/{_DAY}/{_YEAR}",
    "%d-%m-%Y": rf"{_DAY}-{_MONTH}-{_YEAR}",
    "%m-%d-%Y": rf"{_MONTH}-{_DAY}-{_YEAR}",
    "%b %d, %Y": rf"{_SHORT} {_DAY}, {_YEAR}",
    "%B %d, %Y": rf"{_LONG} {_DAY}, {_YEAR}",
    "%d %b %Y": rf"{_DAY} {_SHORT} {_YEAR}",
    "%d %B %Y": rf"{_DAY} {_LONG} {_YEAR}",
    "%d-%b-%Y": rf"{_DAY}-{_SHORT}-{_YEAR}",
}
_TIMES: Mapping[str, str] = {
    "": "",
    " %H:%M": rf" {_CLOCK}",
    " %H:%M:%S": rf" {_CLOCK}:[0-5][0-9]",
}
# What every date begins with.
DATED = re.compile(rf"[0-9]{{1,4}}[-./ ]|{_SHORT}")
# strptime format -> pattern; the empty format is ISO 8601.
DATES: Mapping[str, str] = {
    "": ISO,
    **{
        date + time: f"^{shape}{clock}$"
        for date, shape in _DATES.items()
        for time, clock in _TIMES.items()
    },
}
# Day and month in either order, each way the other's rival.
RIVALS: Mapping[str, str] = {
    date + time: date.replace("%d", "?").replace("%m", "%d").replace("?", "%m") + time
    for date in ("%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y")
    for time in _TIMES
}
_YY = r"[0-9]{2}"
# Dates that no rule can settle: pattern -> what they are, the format to set if that is right.
UNSETTLED: Mapping[str, tuple[str, str]] = {
    rf"^{_SHORT}-{_YY}$": ("month and two-digit year", "%b-%y"),
    rf"^{_YY}-{_SHORT}$": ("two-digit year or day, and month", "%y-%b"),
    rf"^{_SHORT} {_YY}$": ("month and two-digit year", "%b %y"),
    rf"^{_DAY}-{_SHORT}-{_YY}$": ("a date with a two-digit year", "%d-%b-%y"),
    rf"^{_DAY}\.{_MONTH}\.{_YY}$": ("a date with a two-digit year", "%d.%m.%y"),
    rf"^{_DAY}/{_DAY}/{_YY}$": ("a date with a two-digit year", "%d/%m/%y or %m/%d/%y"),
}

PHONE = r"^\+?\(?[0-9]{1,4}\)?[ ./-][0-9 ./()-]{5,}$"
CODE = r"^[A-Za-z0-9][A-Za-z0-9_.:/#-]{0,63}$"
ID_NAME = re.compile(r"(?:.*[_ .-])?(?:id|ID|Id|uuid|guid|key)|.*[a-z](?:Id|ID)")
CODE_NAME = re.compile(
    r"(?:.*[_ .-])?(?:zip|(?:.*_)?code|zipcode|post(?:al)?code|plz|phone|telephone|fax|iban|ssn"
    r"|isbn(?:1[03])?|issn|ean|gtin|upc|asin)",
    re.IGNORECASE,
)


def is_missing(text: str) -> bool:
    """Whether the text commonly means that a value is missing."""
    return MISSING.fullmatch(text.strip()) is not None
