"""A small OpenID Connect provider on this machine, as real as a sign-in needs it."""

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key

CLIENT, SECRET = "podium", "the secret of podium"


class Provider:
    """Signs everybody in as `person`, by discovery, code with PKCE, signed token and userinfo."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.person: dict[str, Any] = {}
        self.audience = CLIENT
        self.key: RSAPrivateKey = generate_private_key(public_exponent=65537, key_size=2048)
        self.codes: dict[str, dict[str, str]] = {}
        self.tokens: set[str] = set()

    def configuration(self) -> dict[str, Any]:
        places = {
            "authorization_endpoint": "authorize",
            "token_endpoint": "token",
            "userinfo_endpoint": "userinfo",
            "jwks_uri": "jwks",
        }
        found: dict[str, Any] = {name: f"{self.address}/{end}" for name, end in places.items()}
        found["issuer"] = self.address
        found["token_endpoint_auth_methods_supported"] = ["client_secret_post"]
        return found

    def authorize(self, asked: dict[str, str]) -> str:
        """Return where to send the browser: back, with a code. The person signs in at once."""
        assert (asked["client_id"], asked["response_type"]) == (CLIENT, "code")
        assert "openid" in asked["scope"].split()
        assert asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe()
        self.codes[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def token(self, asked: dict[str, str]) -> dict[str, Any] | None:
        """Return the tokens for a code, which works once; None if the client proves nothing."""
        code = self.codes.pop(asked.get("code", ""), None)
        digest = hashlib.sha256(asked.get("code_verifier", "").encode()).digest()
        proof = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        known = (asked.get("client_id"), asked.get("client_secret")) == (CLIENT, SECRET)
        if code is None or not known or proof != code["code_challenge"]:
            return None
        token = secrets.token_urlsafe()
        self.tokens.add(token)
        now = int(time.time())
        facts = {"iss": self.address, "aud": self.audience, "iat": now, "exp": now + 300}
        signed = jwt.encode({**facts, **self.person}, self.key, "RS256", headers={"kid": "one"})
        return {"access_token": token, "token_type": "Bearer", "id_token": signed}


class _Handler(BaseHTTPRequestHandler):
    provider: Provider

    def do_GET(self) -> None:
        asked = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        match urlsplit(self.path).path:
            case "/.well-known/openid-configuration":
                self._answer(self.provider.configuration())
            case "/authorize":
                self.send_response(302)
                self.send_header("Location", self.provider.authorize(asked))
                self.end_headers()
            case "/userinfo":
                token = self.headers["Authorization"].removeprefix("Bearer ")
                self._answer(self.provider.person if token in self.provider.tokens else None)
            case _:
                self._answer(None)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        asked = {name: values[0] for name, values in parse_qs(body).items()}
        self._answer(self.provider.token(asked))

    def _answer(self, document: dict[str, Any] | None) -> None:
        self.send_response(400 if document is None else 200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(document or {"error": "invalid_request"}).encode())

    def log_message(self, *args: Any) -> None:
        pass


@contextmanager
def running() -> Iterator[Provider]:
    """Run a provider until the end of the block."""
    with ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {})) as server:
        provider = Provider(f"http://127.0.0.1:{server.server_address[1]}")
        server.RequestHandlerClass.provider = provider  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield provider
        finally:
            server.shutdown()
            thread.join()
