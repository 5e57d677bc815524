"""The reference page of the API, made from its own OpenAPI document."""

import json
import shlex
from collections.abc import Mapping
from urllib.parse import quote, urlencode

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_safe

from podium.access import visible_challenges
from podium.api.base.codes import CODES
from podium.api.base.readers import SAFE
from podium.api.document import document
from podium.challenges.models import Task
from podium.files import Json

NEEDS_FILE = "multipart/form-data"
JSON = "application/json"


@require_safe
def reference(request: HttpRequest) -> HttpResponse:
    """Show every operation with its parameters, shapes, an example, and a form that tries it."""
    described, real = document(), _real(request)
    groups: dict[str, list[Json]] = {}
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            shown = _operation(path, method.upper(), operation, real)
            groups.setdefault(operation["tags"][0], []).append(shown)
    context = {
        "info": described["info"],
        "groups": [{"name": name, "operations": found} for name, found in groups.items()],
        "shapes": [_shape(name, each) for name, each in _schemas().items()],
        "codes": sorted(CODES.items()),
        "base": settings.BASE_URL,
        "requests_a_minute": settings.API_REQUESTS_A_MINUTE,
        "uploads_an_hour": settings.API_UPLOADS_AN_HOUR,
    }
    return render(request, "api_reference.html", context)


@require_safe
def try_it(request: HttpRequest) -> HttpResponse:
    """Lead to the address of a GET with the values of its form. Works without JavaScript."""
    wanted = request.GET.get("operation")
    for path, methods in document()["paths"].items():
        operation = methods.get("get")
        if operation and operation["operationId"] == wanted:
            return HttpResponseRedirect(_address(path, operation, request.GET.dict()))
    raise Http404


def _address(path: str, operation: Json, given: Json) -> str:
    """Return where an operation is with these values; those of the path are never empty."""
    query = {}
    for parameter in operation["parameters"]:
        name, value = parameter["name"], str(given.get(parameter["name"], "")).strip()
        if parameter["in"] == "path":
            path = path.replace(f"{{{name}}}", quote(value or "-", safe=""))
        elif value:
            query[name] = value
    return f"{path}?{urlencode(query)}" if query else path


def _real(request: HttpRequest) -> dict[str, str]:
    """Return a challenge, task and track of this site that the reader may see, for examples."""
    tasks = Task.objects.filter(challenge__in=visible_challenges(request.user))
    newest = tasks.select_related("challenge", "track").order_by("-challenge__opens_at", "position")
    task = newest.first()
    if task is None:
        return {}
    return {"challenge": task.challenge.slug, "task": task.slug, "track": task.track.kind}


def _operation(path: str, method: str, operation: Json, real: Mapping[str, str]) -> Json:
    public = {} in operation["security"]
    scopes = operation["security"][0]["Bearer"]
    return {
        "id": operation["operationId"],
        "method": method,
        "path": path,
        "summary": operation["summary"],
        "description": " ".join(operation.get("description", "").split("\n")),
        "scope": scopes[0] if scopes else "",
        "is_public": public,
        "parameters": [_parameter(each) for each in operation["parameters"]],
        "fields": _body_fields(operation),
        "takes_file": NEEDS_FILE in _content(operation),
        "answers": [_answer(*each) for each in operation["responses"].items() if each[0] < "300"],
        "curl": _curl(path, method, operation, real, public=public),
        "is_get": method in SAFE,
    }


def _parameter(parameter: Json) -> Json:
    schema = parameter["schema"]
    return {
        "name": parameter["name"],
        "where": parameter["in"],
        "required": parameter["required"],
        "type": _type(schema),
        "words": parameter.get("description", ""),
        "example": parameter.get("example", schema.get("default")),
        "choices": _choices(schema),
    }


def _choices(schema: Json) -> list[object]:
    found = [schema, *schema.get("anyOf", [])]
    return next((each["enum"] for each in found if "enum" in each), [])


def _content(operation: Json) -> Json:
    content: Json = operation.get("requestBody", {}).get("content", {})
    return content


def _resolved(schema: Json) -> Json:
    reference = schema.get("$ref", "")
    return _schemas()[reference.rsplit("/", 1)[-1]] if reference else schema


def _schemas() -> dict[str, Json]:
    found: dict[str, Json] = document()["components"]["schemas"]
    return found


def _body_fields(operation: Json) -> list[Json]:
    """Return the fields of a body; those of a form are those of the JSON, with the file."""
    fields: dict[str, Json] = {}
    for content in _content(operation).values():
        fields |= _fields(content["schema"])
    return list(fields.values())


def _fields(schema: Json) -> dict[str, Json]:
    resolved = _resolved(schema)
    return {
        name: {
            "name": name,
            "type": _type(each),
            "required": name in resolved.get("required", []),
            "words": each.get("description", ""),
            "choices": _choices(each),
        }
        for name, each in resolved.get("properties", {}).items()
    }


def _type(schema: Json) -> str:
    """Return a type in words: `text or null`, `list of BoardItem`."""
    if "$ref" in schema:
        return str(schema["$ref"].rsplit("/", 1)[-1])
    if "anyOf" in schema:
        return " or ".join(_type(each) for each in schema["anyOf"])
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    words = {"date-time": "time", "binary": "file", "uuid": "uuid"}
    names = {"string": "text", "integer": "whole number", "boolean": "true or false"}
    kind = str(schema.get("type", "anything"))
    return words.get(schema.get("format", ""), names.get(kind, kind))


def _answer(status: str, response: Json) -> dict[str, str]:
    content = response.get("content", {}).get(JSON)
    shape = _type(content["schema"]) if content else ""
    return {"status": status, "words": response["description"], "shape": shape}


def _shape(name: str, schema: Json) -> Json:
    found = schema.get("examples") or [None]
    return {
        "name": name,
        "words": schema.get("description", ""),
        "fields": list(_fields(schema).values()),
        "example": json.dumps(found[0], indent=2, ensure_ascii=False) if found[0] else "",
    }


def _curl(path: str, method: str, operation: Json, real: Mapping[str, str], *, public: bool) -> str:
    """Return the operation as a command, with the examples of its parameters."""
    examples = {
        each["name"]: real.get(each["name"]) or each.get("example", "")
        for each in operation["parameters"]
        if each["in"] == "path" or each["required"]
    }
    parts = ["curl", *([] if method == "GET" else ["-X", method])]
    if not public:
        parts += ["-H", "Authorization: Bearer $PODIUM_TOKEN"]
    content = _content(operation)
    if NEEDS_FILE in content:
        parts += ["-F", "file=@predictions.csv"]
    elif JSON in content:
        body = (_resolved(content[JSON]["schema"]).get("examples") or [{}])[0]
        parts += ["-H", f"Content-Type: {JSON}", "-d", json.dumps(body, ensure_ascii=False)]
    elif content:
        parts += ["-H", "Upload-Offset: 0", "-H", f"Content-Type: {next(iter(content))}"]
        parts += ["--data-binary", "@part"]
    parts.append(settings.BASE_URL + _address(path, operation, examples))
    # In double quotes, so that the shell puts the token in.
    return " ".join(f'"{p}"' if "$PODIUM" in p else shlex.quote(p) for p in parts)
