"""Who may do what: bearer tokens with a scope, kept as hashes in the data directory.

A scope includes those before it: read, write (figures), admin (dead letters, take-downs). On a loopback address
reading needs no token. A browser keeps its token in a cookie that no script can read and no other site can send.
"""

import hashlib
import ipaddress
import secrets
from datetime import datetime
from pathlib import Path
from typing import Final, Literal, get_args

import msgspec
from starlette.requests import Request

from schemas.codec import now
from schemas.said import Mistake
from schemas.settings import Settings

Scope = Literal["read", "write", "admin"]
SCOPES: Final[tuple[Scope, ...]] = get_args(Scope)
COOKIE: Final = "kabar_token"
PREFIX: Final = "kabar_"
SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})


class Denied(Mistake):
    """The request may not do that; `status` is 401 without a good token, 403 with one of a lesser scope."""

    def __init__(self, status: int, text: str, *values: object) -> None:
        super().__init__(text, *values)
        self.status = status


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """A token as it is kept: a name for people, its SHA-256, its scope."""

    name: str
    sha256: str
    scope: Scope
    made_at: datetime


def tokens_file(settings: Settings) -> Path:
    """Where tokens are kept."""
    return settings.data_dir / "secrets" / "web-tokens.json"


def tokens(settings: Settings) -> list[Token]:
    """All tokens that hold now."""
    try:
        return msgspec.json.decode(tokens_file(settings).read_bytes(), type=list[Token])
    except FileNotFoundError:
        return []


def make_token(settings: Settings, name: str, scope: Scope) -> str:
    """A new token, shown this once; one of the same name is replaced."""
    secret = PREFIX + secrets.token_urlsafe(24)
    kept = [token for token in tokens(settings) if token.name != name]
    _keep(settings, [*kept, Token(name=name, sha256=_hash(secret), scope=scope, made_at=now())])
    return secret


def revoke(settings: Settings, name: str) -> bool:
    """End a token; whether there was one of that name."""
    known = tokens(settings)
    kept = [token for token in known if token.name != name]
    if len(kept) < len(known):
        _keep(settings, kept)
    return len(kept) < len(known)


def _keep(settings: Settings, kept: list[Token]) -> None:
    path = tokens_file(settings)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    new = path.with_suffix(".new")
    new.touch(mode=0o600)
    new.write_bytes(msgspec.json.format(msgspec.json.encode(kept)))
    new.replace(path)


def scope_of(settings: Settings, request: Request) -> Scope | None:
    """What a request's token allows; without one, reading where that is open.

    Raises:
        Denied: the token is none of ours.
    """
    secret = _bearer(request) or request.cookies.get(COOKIE)
    held = scope_of_secret(settings, secret) if secret else None
    if held is None and _bearer(request):
        raise Denied(401, "This token is not known, or was revoked: make one with `kabar web token`.")
    return held or ("read" if reading_is_open(settings) else None)


def scope_of_secret(settings: Settings, secret: str) -> Scope | None:
    """What a token allows, or None for one that is none of ours."""
    hashed = _hash(secret)
    for token in tokens(settings):
        if secrets.compare_digest(token.sha256, hashed):
            return token.scope
    return None


def require(settings: Settings, request: Request, scope: Scope) -> None:
    """Let the request pass, or not.

    Raises:
        Denied: it has no token of the scope, or comes from another site.
    """
    held = scope_of(settings, request)
    if held is None or SCOPES.index(held) < SCOPES.index(scope):
        has = _bearer(request) or request.cookies.get(COOKIE)
        raise Denied(403 if has else 401, "This needs a token of the scope {0}: `kabar web token --scope {0}`.", scope)
    if request.method not in SAFE and not _bearer(request):
        origin = request.headers.get("origin")
        if origin is None or origin.partition("://")[2] != request.headers.get("host"):
            raise Denied(403, "The request comes from another site.")


def reading_is_open(settings: Settings) -> bool:
    """Whether anyone who reaches the address may read."""
    return settings.web_open or is_loopback(settings.web_host)


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches a host."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _bearer(request: Request) -> str | None:
    kind, _, secret = request.headers.get("authorization", "").partition(" ")
    return secret.strip() or None if kind.lower() == "bearer" else None


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
