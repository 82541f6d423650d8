"""Who may push: a bearer token and a Standard Webhooks secret, made on the first start and never logged."""

import base64
import hmac
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from schemas.settings import Settings, SettingsError

SIGNATURE_HEADERS = ("webhook-id", "webhook-timestamp", "webhook-signature")
SECRET_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """The secrets of one server. Their text never appears in a `repr`, and so in no log."""

    token: str = field(repr=False)
    secret: str = field(repr=False)

    def knows(self, authorization: str | None) -> bool:
        """Whether an `Authorization` header carries the token; compared in constant time."""
        kind, _, given = (authorization or "").partition(" ")
        same = hmac.compare_digest(given.strip().encode("utf-8", "replace"), self.token.encode())
        return same and kind.lower() == "bearer"

    def signed(self, body: bytes, headers: Mapping[str, str]) -> str | None:
        """Why a signature does not hold for this body, or None where it does.

        Standard Webhooks: HMAC-SHA256 over id, timestamp and body, the timestamp within five minutes of now.
        Source: https://www.standardwebhooks.com.
        """
        try:
            Webhook(self.secret).verify(body, dict(headers), json_parse=False)
        except WebhookVerificationError as error:
            return f"the signature does not hold: {error}"
        except ValueError:  # a body that is not UTF-8, a signature that is not base64
            return "the signature does not hold: it or the body is malformed"
        return None


def load(settings: Settings) -> Credentials:
    """The secrets that are set, and for those that are not the ones in the data directory, made where there are none.

    Raises:
        SettingsError: a secret that is set cannot be one.
    """
    folder = folder_of(settings)
    token = settings.push_token.get_secret_value() if settings.push_token else ""
    secret = settings.push_secret.get_secret_value() if settings.push_secret else ""
    found = Credentials(
        token=token or _kept(folder / "token", secrets.token_urlsafe(SECRET_BYTES)),
        secret=secret
        or _kept(folder / "secret", "whsec_" + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()),
    )
    try:
        Webhook(found.secret)
    except ValueError as error:
        raise SettingsError("KABAR_PUSH_SECRET must be whsec_ and base64") from error
    return found


def folder_of(settings: Settings) -> Path:
    """Where the server keeps its secrets and its address."""
    return settings.data_dir / "push"


def address(settings: Settings) -> str | None:
    """Where the server that ran last on this data directory takes requests, or None where none ever did."""
    try:
        return address_file(settings).read_text("ascii").strip() or None
    except (OSError, ValueError):
        return None


def address_file(settings: Settings) -> Path:
    """Where the server writes its address."""
    return folder_of(settings) / "address"


def _kept(path: Path, fresh: str) -> str:
    """What this file says, or `fresh` written into it for its owner alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(fresh + "\n")
    except FileExistsError:
        fresh = path.read_text("ascii").strip() or fresh
    return fresh
