"""The sinks: one YAML file (`KABAR_SINKS`, or `sinks.yaml` in the data directory), read anew when it changes.

    desk:
      kind: slack
      url: file:/run/secrets/desk-slack
    editors:
      kind: email
      host: smtp.example.org
      user: kabar
      password: env:SMTP_PASSWORD
      sender: Kabar <kabar@example.org>
      to: [editors@example.org]
      default: true

A secret is written `env:NAME` or `file:PATH`, or as itself where the file is its owner's alone. It never leaves this
module but for the connection it is for: not into a topic, a log or an answer.
"""

import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import msgspec
import yaml

from schemas.settings import Settings, SettingsError

BUILT_IN = "webhook"


class _Sink(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind"):
    # A default sink gets the alerts of all rules that name none.
    default: bool = False


class WebhookConfig(_Sink, frozen=True, kw_only=True, tag="webhook"):
    """Standard Webhooks. Of several `secrets` (`whsec_…`) each signs, so that a receiver may change to the newest."""

    url: str
    secrets: tuple[str, ...] = ()


class SlackConfig(_Sink, frozen=True, kw_only=True, tag="slack"):
    """An incoming webhook of Slack, or of what understands its messages (Mattermost). The URL is secret."""

    url: str


class TeamsConfig(_Sink, frozen=True, kw_only=True, tag="teams"):
    """A webhook of a workflow of Microsoft Teams, which takes an Adaptive Card. The URL is secret."""

    url: str


class EmailConfig(_Sink, frozen=True, kw_only=True, tag="email"):
    """A mail server. `security`: `starttls` (refused where the server has it not), `tls` from the start, or `none`."""

    host: str
    sender: str
    to: tuple[str, ...]
    port: int = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str = ""
    password: str = ""
    ca: str = ""


class FeedConfig(_Sink, frozen=True, kw_only=True, tag="feed"):
    """One Atom or RSS file for each rule in a folder, with its newest entries."""

    folder: str
    format: Literal["atom", "rss"] = "atom"
    entries: int = 100


class FileConfig(_Sink, frozen=True, kw_only=True, tag="file"):
    """JSON Lines, one alert a line."""

    path: str


class TopicConfig(_Sink, frozen=True, kw_only=True, tag="kafka"):
    """A topic of the same broker, keyed by alert id. It must exist, or the broker must make topics by itself."""

    topic: str


Config = WebhookConfig | SlackConfig | TeamsConfig | EmailConfig | FeedConfig | FileConfig | TopicConfig
SECRET_LEAST = 8
_SECRETS = ("url", "secrets", "password")


class Sink(msgspec.Struct, frozen=True):
    """A sink's name and what it is."""

    name: str
    config: Config

    @property
    def kind(self) -> str:
        """What it is in a word."""
        return str(type(self.config).__struct_config__.tag)

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every secret of it, so that none is ever written where it does not belong."""
        found: list[str] = []
        for name in _SECRETS:
            value = getattr(self.config, name, ())
            found += [value] if isinstance(value, str) else value
        return tuple(secret for secret in found if secret)

    def redact(self, text: str) -> str:
        """A text without this sink's secrets."""
        for secret in sorted(self.secrets, key=len, reverse=True):
            text = text.replace(secret, "***")
            path = secret.partition("://")[2].partition("/")[2]
            if path:
                # One as short as `hook` is no secret by itself, and may be a word of the reason.
                text = text.replace(path if len(path) >= SECRET_LEAST else f"/{path}", "***")
        return text

    def where(self) -> str:
        """Where it goes, without what is secret, for people."""
        match self.config:
            case WebhookConfig(url=url) | SlackConfig(url=url) | TeamsConfig(url=url):
                scheme, mark, rest = url.partition("://")
                if not mark:
                    return url  # the name of the secret, not the secret
                return f"{scheme}://{rest.partition('/')[0].rpartition('@')[2]}/…"
            case EmailConfig(host=host, port=port, to=to):
                return f"{', '.join(to)} by {host}:{port}"
            case FeedConfig(folder=folder):
                return folder
            case FileConfig(path=path):
                return path
            case TopicConfig(topic=topic):
                return topic


def sinks_file(settings: Settings) -> Path:
    """Where the sinks are written down, whether or not there is such a file."""
    return settings.sinks or settings.data_dir / "sinks.yaml"


def load_sinks(settings: Settings, *, secrets: bool = True) -> dict[str, Sink]:
    """Every sink by name, the one of `KABAR_WEBHOOK_URL` among them.

    Without `secrets` they stay as they are written, for who only asks which sinks there are.

    Raises:
        SettingsError: the file cannot be read, or says something that is not known; the message names it.
    """
    found: dict[str, Sink] = {}
    if settings.webhook_url:
        secret = settings.webhook_secret.get_secret_value() if settings.webhook_secret else ""
        keys = tuple(part.strip() for part in secret.split(",") if part.strip())
        found[BUILT_IN] = Sink(BUILT_IN, WebhookConfig(url=settings.webhook_url, secrets=keys, default=True))
    path = sinks_file(settings)
    if path.is_file():
        found |= _read(path, secrets=secrets)
    elif settings.sinks:
        raise SettingsError("KABAR_SINKS names {}, which is not a file", path)
    return found


def _read(path: Path, *, secrets: bool) -> dict[str, Sink]:
    try:
        plain = yaml.safe_load(path.read_text("utf-8")) or {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise SettingsError("{} cannot be read", path, cause=error) from error
    if not isinstance(plain, Mapping):
        raise SettingsError("{}: a name and what the sink is, for each sink", path)
    found = {}
    for name, entry in plain.items():
        try:
            config = msgspec.convert(entry, Config)
        except msgspec.ValidationError as error:
            raise SettingsError("{}: sink {} cannot be read", path, name, cause=error) from error
        if "/" in str(name) or not str(name).strip():
            raise SettingsError("{}: a sink's name has no slash and is not empty: {!r}", path, name)
        found[str(name)] = Sink(str(name), _with_secrets(path, str(name), config) if secrets else config)
    return found


def _with_secrets(path: Path, name: str, config: Config) -> Config:
    values: dict[str, str | tuple[str, ...]] = {}
    for field in _SECRETS:
        value = getattr(config, field, None)
        if isinstance(value, str):
            values[field] = _secret(path, name, value, public=field == "url" and isinstance(config, WebhookConfig))
        elif value:
            values[field] = tuple(_secret(path, name, one) for one in value)
    return msgspec.structs.replace(config, **values) if values else config


def _secret(path: Path, name: str, value: str, *, public: bool = False) -> str:
    kind, _, rest = value.partition(":")
    if kind == "env":
        found = os.environ.get(rest)
        if not found:
            raise SettingsError("{}: sink {}: the environment has no {}", path, name, rest)
        return found
    if kind == "file" and not rest.startswith("//"):
        try:
            return Path(rest).expanduser().read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError("{}: sink {} cannot be read", path, name, cause=error) from error
    if value and not public and os.name == "posix" and path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise SettingsError(
            "{0} holds a secret of sink {1} and others may read it; chmod 600 {0}, or write env:NAME or file:PATH",
            path,
            name,
        )
    return value


def wanted_by(to: tuple[str, ...], sink: Sink) -> bool:
    """Whether alerts of a rule that tells `to` these go to this sink."""
    return sink.name in to if to else sink.config.default
