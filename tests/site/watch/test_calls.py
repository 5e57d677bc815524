"""A webhook reaches the allowed public host by https, and nothing else."""

import socket
import ssl
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from ipaddress import ip_address

import pytest

from podium.watch.calls import (
    MOST_ANSWER_BYTES,
    Caller,
    CallFailed,
    Target,
    is_public,
    target_of,
)
from tests.site.watch.receiver import NAME, Receiver, answer_with

HOSTS = {"hooks.example", ".teams.example", "chat.example:8443"}


def failure(receiver: Receiver, caller: Caller | None = None, **changes: object) -> CallFailed:
    target = replace(receiver.target, **changes)  # type: ignore[arg-type]
    with pytest.raises(CallFailed) as failed:
        (caller or receiver.caller()).post(target, b"{}", {})
    return failed.value


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("https://hooks.example", Target("hooks.example", 443, "/")),
        ("https://HOOKS.example.:443/a?b=c", Target("hooks.example", 443, "/a?b=c")),
        ("https://eu.prod.teams.example/x", Target("eu.prod.teams.example", 443, "/x")),
        ("https://chat.example:8443/x", Target("chat.example", 8443, "/x")),
    ],
)
def test_an_allowed_address(url: str, target: Target) -> None:
    assert target_of(url, HOSTS) == target


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://hooks.example/", "not_https"),
        ("ftp://hooks.example/", "not_https"),
        ("hooks.example/", "not_https"),
        ("https://elsewhere.example/", "host_not_allowed"),
        ("https://sub.hooks.example/", "host_not_allowed"),
        ("https://teams.example/", "host_not_allowed"),
        ("https://evilteams.example/", "host_not_allowed"),
        ("https://hooks.example:8443/", "host_not_allowed"),
        ("https://hooks.example@elsewhere.example/", "bad_url"),
        ("https://user:password@hooks.example/", "bad_url"),
        ("https://127.0.0.1/", "bad_url"),
        ("https://[::1]/", "bad_url"),
        ("https:///path", "bad_url"),
        ("https://hooks.example:many/", "bad_url"),
        ("https://hooks.example/a b", "bad_url"),
        ("https://hooks.example/\r\nX-Header:1", "bad_url"),
        ("https://hooks.exämple/", "bad_url"),
    ],
)
def test_a_refused_address(url: str, code: str) -> None:
    with pytest.raises(CallFailed) as failed:
        target_of(url, HOSTS)
    assert failed.value.code == code


def test_without_allowed_hosts_there_is_no_webhook() -> None:
    with pytest.raises(CallFailed, match="Allowed hosts: none"):
        target_of("https://hooks.example/", ())


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "64:ff9b::8.8.8.8"])
def test_an_address_of_the_internet_is_public(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.8.8.8", "0.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1"),
        *("169.254.169.254", "100.64.0.1", "192.0.2.1", "198.18.0.1", "224.0.0.1", "240.0.0.1"),
        *("255.255.255.255", "::", "::1", "fe80::1", "fe80::1%2", "fc00::1", "fd12::1", "ff02::1"),
        *("fec0::1", "2001:db8::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1"),
        *("64:ff9b::10.0.0.1", "64:ff9b:1::1", "2002:7f00:1::", "2001:0:7f00:1::1"),
    ],
)
def test_an_address_that_is_not_of_the_internet_is_not_public(address: str) -> None:
    assert not is_public(ip_address(address))


def test_a_message_arrives(receiver: Receiver) -> None:
    receiver.caller().post(receiver.target, b'{"a": 1}', {"Podium-Signature": "t=1,v1=2"})
    request = receiver.requests[0]
    assert request.path == "/services/T1?key=2"
    assert request.body == b'{"a": 1}'
    assert request.headers["Host"] == receiver.host
    assert request.headers["Content-Type"] == "application/json"
    assert request.headers["Podium-Signature"] == "t=1,v1=2"


def test_a_name_of_this_machine_is_refused_by_the_site_itself(receiver: Receiver) -> None:
    failed = failure(receiver, Caller(context=receiver.authority), host="localhost")
    assert failed.code == "private_address"
    assert receiver.requests == []


@pytest.mark.parametrize("found", [["127.0.0.1", "10.0.0.1"], ["10.0.0.1", "127.0.0.1"], []])
def test_one_address_that_is_not_allowed_refuses_the_name(
    receiver: Receiver, found: list[str]
) -> None:
    caller = replace(receiver.caller(), resolve=lambda *_: found)
    assert failure(receiver, caller).code == "private_address"
    assert receiver.requests == []


def test_the_name_is_looked_up_once_and_the_connection_goes_to_what_was_checked(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that changes its address after the check is never asked again."""
    asked: list[str] = []
    answers = [["127.0.0.1"], ["10.0.0.1"]]
    look_up = socket.getaddrinfo

    def spy(host: str, *arguments: object, **options: object) -> object:
        asked.append(host)
        return look_up(host, *arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", spy)
    caller = replace(receiver.caller(), resolve=lambda *_: answers.pop(0))
    caller.post(receiver.target, b"{}", {})
    assert len(receiver.requests) == 1
    assert NAME not in asked
    assert failure(receiver, caller).code == "private_address"  # each call looks it up again


def test_the_next_address_is_tried_if_one_does_not_answer(receiver: Receiver) -> None:
    caller = replace(receiver.caller(), resolve=lambda *_: ["::1", "127.0.0.1"])
    caller.post(receiver.target, b"{}", {})
    assert len(receiver.requests) == 1


def test_a_name_that_does_not_exist(receiver: Receiver) -> None:
    def unknown(host: str, port: int) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    failed = failure(receiver, replace(receiver.caller(), resolve=unknown))
    assert failed.code == "unknown_name"
    assert NAME in failed.message


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(receiver: Receiver, status: int) -> None:
    receiver.answer = answer_with(status, Location=receiver.url)
    failed = failure(receiver)
    assert failed.code == "redirect"
    assert len(receiver.requests) == 1


@pytest.mark.parametrize("status", [400, 404, 410, 429, 500, 503])
def test_a_status_that_refuses(receiver: Receiver, status: int) -> None:
    receiver.answer = answer_with(status)
    failed = failure(receiver)
    assert failed.code == "refused_there"
    assert str(status) in failed.message


@pytest.mark.parametrize("status", [200, 202, 204])
def test_a_status_that_takes(receiver: Receiver, status: int) -> None:
    receiver.answer = answer_with(status)
    receiver.caller().post(receiver.target, b"{}", {})


def test_an_answer_that_does_not_come_is_too_slow(receiver: Receiver) -> None:
    receiver.answer = receiver.hang
    failed = failure(receiver, receiver.caller(seconds=0.3))
    assert failed.code == "too_slow"
    assert failed.message == f"{receiver.host} did not answer within 0.3 seconds."


def test_an_answer_that_drips_is_too_slow(receiver: Receiver) -> None:
    def drip(handler: BaseHTTPRequestHandler) -> None:
        while not receiver.is_over.wait(0.02):
            handler.wfile.write(b"H")
            handler.wfile.flush()

    receiver.answer = drip
    assert failure(receiver, receiver.caller(seconds=0.3)).code == "too_slow"


def test_a_body_that_does_not_end_after_the_message_was_taken_is_no_failure(
    receiver: Receiver,
) -> None:
    def begin(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "9")
        handler.end_headers()
        handler.wfile.flush()
        receiver.hang(handler)

    receiver.answer = begin
    receiver.caller(seconds=0.3).post(receiver.target, b"{}", {})


@pytest.mark.parametrize("part", ["body", "header"])
def test_an_answer_that_is_too_large_is_no_webhook(receiver: Receiver, part: str) -> None:
    def page(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        if part == "header":
            for number in range(80):
                handler.send_header(f"X-{number}", "x" * 500)
        handler.end_headers()
        handler.wfile.write(b"x" * (MOST_ANSWER_BYTES + 1))

    receiver.answer = page
    failed = failure(receiver)
    assert failed.code == "too_large"
    assert failed.is_final  # the host took it: another try would post it twice


def test_a_certificate_of_an_unknown_authority(receiver: Receiver) -> None:
    caller = replace(receiver.caller(), context=ssl.create_default_context())
    assert failure(receiver, caller).code == "bad_certificate"
    assert receiver.requests == []


def test_a_certificate_of_another_name(receiver: Receiver) -> None:
    failed = failure(receiver, host="other.example")
    assert failed.code == "bad_certificate"
    assert "other.example" in failed.message
    assert receiver.requests == []


def test_the_site_checks_certificates_and_names() -> None:
    context = Caller().context
    assert context.verify_mode == ssl.CERT_REQUIRED
    assert context.check_hostname


@pytest.mark.parametrize("said", [b"HTTP/1.1 400 Bad\r\n\r\n", b""])
def test_a_host_without_tls(receiver: Receiver, said: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            with server.accept()[0] as client:
                client.recv(1000)
                client.sendall(said)

        thread = threading.Thread(target=answer)
        thread.start()
        assert failure(receiver, port=server.getsockname()[1]).code == "no_tls"
        thread.join()


def test_a_host_that_is_not_there(receiver: Receiver) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    failed = failure(receiver, port=port)
    assert failed.code == "no_connection"
    assert "refused" in failed.message


def test_an_answer_that_is_not_http(receiver: Receiver) -> None:
    def greet(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"220 mail.example\r\n")

    receiver.answer = greet
    assert failure(receiver).code == "no_http"
