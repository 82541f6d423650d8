"""What a user may set: one frozen object, read once, before anything connects.

From `KABAR_*` in the environment and one YAML file (`KABAR_CONFIG`, or `kabar.yaml` in the working folder); the
environment wins. A name that is unknown or a value that is malformed is an error that names it.
"""

import difflib
import ipaddress
import os
import tempfile
from pathlib import Path
from typing import Annotated, Any

import platformdirs
import pydantic
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    YamlConfigSettingsSource,
)

from schemas.errors import Told

PREFIX = "KABAR_"
# Read by `deploy` and by this module itself; not part of the pipeline's own settings.
OTHER_NAMES = frozenset({"KABAR_CONFIG", "KABAR_CACHE_DIR", "KABAR_MAVEN_URL"})


def _default_data_dir() -> Path:
    # Elasticsearch refuses to run as root, and another user cannot enter root's home.
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        return Path("/var/lib/kabar") if os.access("/var/lib", os.W_OK) else Path(tempfile.gettempdir()) / "kabar"
    return platformdirs.user_data_path("kabar")


class SettingsError(Told, ValueError):
    """A setting is unknown or malformed. The message names it, one line for each."""


class Settings(BaseSettings):
    """Every setting, with its default.

    Without `kafka` or `elasticsearch`, `kabar up` starts its own server in its place.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid")

    kafka: str | None = pydantic.Field(None, description="bootstrap servers, host:port[,host:port]")
    kafka_security: str = pydantic.Field("PLAINTEXT", description="PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL")
    kafka_mechanism: str = pydantic.Field("SCRAM-SHA-256", description="SASL mechanism: PLAIN or SCRAM-SHA-256/512")
    kafka_user: str | None = pydantic.Field(None, description="SASL user")
    kafka_password: pydantic.SecretStr | None = pydantic.Field(None, description="SASL password")
    kafka_ca: Path | None = pydantic.Field(None, description="PEM file of the authority that signed the brokers")
    elasticsearch: str | None = pydantic.Field(None, description="URL of the cluster, http(s)://host:port")
    elasticsearch_user: str | None = pydantic.Field(None, description="user of the cluster")
    elasticsearch_password: pydantic.SecretStr | None = pydantic.Field(None, description="that user's password")
    elasticsearch_ca: Path | None = pydantic.Field(None, description="PEM file of the cluster's authority")
    data_dir: Path = pydantic.Field(default_factory=_default_data_dir, description="servers' data, agents' state, logs")
    partitions: int = pydantic.Field(4, ge=1, le=1000, description="partitions of each keyed topic, at creation")
    replication: int = pydantic.Field(1, ge=1, le=7, description="copies of each partition, at creation")
    shards: int = pydantic.Field(1, ge=1, le=100, description="primary shards of each month's index")
    replicas: int = pydantic.Field(0, ge=0, le=7, description="copies of each shard")
    index_prefix: str = pydantic.Field("news", pattern=r"^[a-z][a-z0-9-]*$", description="first word of index names")
    story_days: float = pydantic.Field(7.0, gt=0, le=90, description="days that a story stays open")
    refresh_seconds: float = pydantic.Field(0.5, gt=0, description="how soon an indexed item is searchable")
    kafka_port: int = pydantic.Field(0, ge=0, le=65535, description="port of the own broker; 0 takes a free one")
    elasticsearch_port: int = pydantic.Field(0, ge=0, le=65535, description="port of the own node; 0: a free one")
    poll_floor_seconds: float = pydantic.Field(120.0, gt=0, description="the least time between two polls of a feed")
    poll_ceiling_seconds: float = pydantic.Field(21600.0, gt=0, description="the most time between two polls of a feed")
    feeds_metrics_port: int = pydantic.Field(
        0, ge=0, le=65535, description="loopback port of the feeds' metrics for Prometheus; 0: none"
    )
    allow_networks: Annotated[tuple[str, ...], NoDecode] = pydantic.Field(
        (),
        description="networks (CIDR, comma-separated) that feeds and webhooks may reach though they are private",
    )
    contact: str = pydantic.Field("", description="URL or address in the User-Agent, for those whose feeds are read")
    sinks: Path | None = pydantic.Field(None, description="YAML file of where alerts go; sinks.yaml in the data folder")
    webhook_url: str | None = pydantic.Field(None, description="where alerts are posted (Standard Webhooks)")
    webhook_secret: pydantic.SecretStr | None = pydantic.Field(
        None, description="whsec_… that signs them; several with commas"
    )
    push_host: str = pydantic.Field("127.0.0.1", description="address on which pushed items are taken")
    push_port: int = pydantic.Field(0, ge=0, le=65535, description="port for it; 0: a free one, kept over restarts")
    push_token: pydantic.SecretStr | None = pydantic.Field(
        None, min_length=16, description="bearer token; made at the first start where none is set"
    )
    push_secret: pydantic.SecretStr | None = pydantic.Field(
        None, description="whsec_… that signs pushes (Standard Webhooks); made likewise"
    )
    push_max_bytes: int = pydantic.Field(
        16_000_000, ge=10_000, le=256_000_000, description="bytes that the body of one push may have"
    )
    push_url: str | None = pydantic.Field(
        None, pattern=r"^https?://[^/]+", description="where hubs reach the push server from outside; turns WebSub on"
    )
    keep_days: float = pydantic.Field(0, ge=0, description="months of the index that ended longer ago leave; 0: never")
    keep_gigabytes: float = pydantic.Field(0, ge=0, description="the oldest months leave above this size; 0: never")
    web_host: str = pydantic.Field("127.0.0.1", description="address on which the web page and the API are served")
    web_port: int = pydantic.Field(0, ge=0, le=65535, description="port for them; 0: a free one, kept over restarts")
    web_hosts: Annotated[tuple[str, ...], NoDecode] = pydantic.Field(
        (), description="further host names (comma-separated) under which they are asked for, such as a proxy's"
    )
    web_open: bool = pydantic.Field(
        default=False, description="reading needs no token though web_host is no loopback address"
    )
    taggers: Annotated[tuple[str, ...], NoDecode] = pydantic.Field(
        (),
        description="models of one's own for names, by language: de=spacy:NAME,fi=hf:FOLDER,cs=gliner:FOLDER "
        "(extras `spacy`, `onnx`)",
    )
    stall_seconds: float = pydantic.Field(60.0, gt=0, description="a step with lag and no progress is restarted")

    @pydantic.field_validator("allow_networks", "web_hosts", "taggers", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @pydantic.field_validator("allow_networks")
    @classmethod
    def _networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for network in value:
            ipaddress.ip_network(network)
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments before the environment before the YAML file."""
        del dotenv_settings, file_secret_settings
        file = Path(os.environ.get("KABAR_CONFIG", "kabar.yaml"))
        return init_settings, env_settings, YamlConfigSettingsSource(settings_cls, yaml_file=file)

    def environment(self) -> dict[str, str]:
        """These settings as `KABAR_*` variables, for a process that shall run under the very same ones."""
        pairs = {}
        for name in type(self).model_fields:
            value = getattr(self, name)
            if isinstance(value, pydantic.SecretStr):
                value = value.get_secret_value()
            if isinstance(value, tuple):
                value = ",".join(value)
            if value is not None:
                pairs[PREFIX + name.upper()] = str(value)
        return pairs

    def with_servers(self, *, kafka: str, elasticsearch: str) -> "Settings":
        """The same settings with these addresses."""
        return self.model_copy(update={"kafka": kafka, "elasticsearch": elasticsearch})


def load_settings(**overrides: Any) -> Settings:  # noqa: ANN401 - each setting has its own type, which pydantic checks
    """Read the settings; `overrides` win over the environment and the file.

    Raises:
        SettingsError: a setting is unknown or malformed, or KABAR_CONFIG names no file.
    """
    named = os.environ.get("KABAR_CONFIG")
    if named and not Path(named).is_file():
        raise SettingsError(f"KABAR_CONFIG names {named}, which is not a file")
    known = {PREFIX + name.upper() for name in Settings.model_fields} | OTHER_NAMES
    strange = sorted(name for name in os.environ if name.startswith(PREFIX) and name.upper() not in known)
    if strange:
        near = difflib.get_close_matches(strange[0], known, n=1)
        hint = f"; did you mean {near[0]}?" if near else "; docs/reference.md lists them all"
        raise SettingsError(f"unknown setting {', '.join(strange)}{hint}")
    try:
        return Settings(**overrides)
    except pydantic.ValidationError as error:
        lines = (f"{PREFIX}{'.'.join(map(str, e['loc'])).upper()}: {e['msg']}" for e in error.errors())
        raise SettingsError("\n".join(lines)) from error
