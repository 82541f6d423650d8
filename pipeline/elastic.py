"""The one module that speaks to Elasticsearch: templates, bulk writes judged item by item, searches.

Every client error leaves here as `IndexUnavailable` (try again) or `IndexRefused` (a mistake, trying again is no
use). A bulk write answers with a verdict for each item, never with an exception for one of them.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from enum import Enum
from types import TracebackType
from typing import Any, Self

import msgspec
from elasticsearch import ApiError, ConflictError, Elasticsearch, TransportError  # noqa: TID251

from schemas.codec import from_millis, now
from schemas.errors import IndexRefused, IndexUnavailable
from schemas.index import MAPPING_VERSION, mapping, month_alias, side_template, template
from schemas.settings import Settings
from schemas.side_indices import KINDS

RETRY_STATUS = frozenset({429, 500, 502, 503, 504})
SHARD_SECONDS, SHARD_WAIT = 10.0, 0.1
SWAP_SECONDS = 3.0
KEEP_ALIVE = "5m"
REMOVALS_REMEMBERED = "12h"
MERGE_SECONDS = 3600.0
FORBIDDEN, NOT_FOUND, CONFLICT, TOO_LARGE = 403, 404, 409, 413


class Verdict(Enum):
    """What became of one item of a bulk write, and so what to do."""

    WRITTEN = "written"
    ALREADY_THERE = "an equal or newer version is there"
    RETRY = "try again"
    BLOCKED = "the index is blocked"
    NO_INDEX = "the month's index is missing"
    REFUSED = "refused"


class Write(msgspec.Struct, frozen=True):
    """One document to write: the alias it goes to, its id, version, and JSON source; without a source, to remove."""

    alias: str
    id: str
    version: int
    source: bytes | None


class Outcome(msgspec.Struct, frozen=True):
    """The verdict on one write and the server's reason where there is one."""

    verdict: Verdict
    reason: str = ""


class MonthIndex(msgspec.Struct, frozen=True, kw_only=True):
    """One index: its name, kind (`items`, …), month (`2026.11`), write alias, size, and how its mapping stands.

    `segments` are those of all its shards, without replicas.
    """

    name: str
    kind: str
    month: str
    alias: str
    documents: int
    bytes: int
    segments: int
    shards: int
    mapping_version: int
    fields: tuple[str, ...]


class Index:
    """A connection to the cluster."""

    def __init__(self, settings: Settings) -> None:
        if not settings.elasticsearch:
            raise IndexUnavailable(
                "no Elasticsearch address: start `kabar up` first, or set KABAR_ELASTICSEARCH to http://host:port"
            )
        password = settings.elasticsearch_password
        security: dict[str, Any] = {"ca_certs": str(settings.elasticsearch_ca)} if settings.elasticsearch_ca else {}
        if settings.elasticsearch_user:
            security["basic_auth"] = (settings.elasticsearch_user, password.get_secret_value() if password else "")
        self.prefix = settings.index_prefix
        self._settings = settings
        self._client = Elasticsearch(
            settings.elasticsearch,
            **security,
            request_timeout=30,
            max_retries=0,
        )

    @property
    def items(self) -> str:
        """The alias through which all items are searched."""
        return f"{self.prefix}-items"

    def ensure_template(self) -> None:
        """Write the index templates; the same again changes nothing."""
        settings = self._settings
        body = template(
            self.prefix,
            shards=settings.shards,
            replicas=settings.replicas,
            refresh_seconds=settings.refresh_seconds,
        )
        self._call(self._client.indices.put_index_template, name=self.items, **body)

        for kind in KINDS:
            side = side_template(self.prefix, kind, shards=settings.shards, replicas=settings.replicas)
            self._call(self._client.indices.put_index_template, name=f"{self.prefix}-{kind}", **side)

    def prepare(self) -> None:
        """The templates, and this month's indices, so that the first item finds them ready."""
        self.ensure_template()
        for kind in ("items", *KINDS):
            self.ensure_month(month_alias(self.prefix, now(), kind))
        self._widen()

    def _widen(self) -> None:
        """Let items' indices of an older mapping take fields that are new, until `kabar index migrate` moves them."""
        wanted = mapping()["properties"]
        for found in self.months("items"):
            new = {name: wanted[name] for name in wanted if name not in found.fields}
            if found.mapping_version < MAPPING_VERSION and new:
                self._call(self._client.indices.put_mapping, index=found.name, properties=new)

    def ensure_month(self, alias: str) -> None:
        """Create a month's index behind its write alias, unless it is there."""
        try:
            self._call(
                self._client.indices.create,
                index=f"{alias}-v1",
                aliases={alias: {"is_write_index": True}},
            )
        except IndexRefused as error:
            if "resource_already_exists" not in str(error):
                raise

    def bulk(self, writes: Sequence[Write], *, aliases: bool = True) -> list[Outcome]:
        """Write documents; one outcome for each, in the same order. Without `aliases`, names are those of indices.

        Raises:
            IndexUnavailable: nothing is known of any of them; send all again, which changes nothing where it was
                written.
        """
        operations: list[Any] = []  # lines of JSON, which the client passes on as they are
        for write in writes:
            action = {"_index": write.alias, "_id": write.id, "version": write.version, "version_type": "external"}
            operations += (
                [_encode({"delete": action})] if write.source is None else [_encode({"index": action}), write.source]
            )
        try:
            answer = self._client.bulk(operations=operations, require_alias=aliases)
        except ApiError as error:
            if error.status_code == TOO_LARGE:
                if len(writes) == 1:
                    return [Outcome(Verdict.REFUSED, "the document is too large for Elasticsearch")]
                half = len(writes) // 2
                return self.bulk(writes[:half], aliases=aliases) + self.bulk(writes[half:], aliases=aliases)
            if error.status_code in RETRY_STATUS:
                raise IndexUnavailable("Elasticsearch answered {}", error.status_code) from error
            raise IndexRefused(str(error)) from error
        except TransportError as error:
            raise IndexUnavailable(
                "Elasticsearch at {} does not answer: is it running?", self._settings.elasticsearch, cause=error
            ) from error
        return [_outcome(next(iter(entry.values()))) for entry in answer["items"]]

    def search(self, body: Mapping[str, Any], index: str | None = None) -> dict[str, Any]:
        """Run a search over all items (or another index); none where nothing was ever indexed.

        In the first moments of a new month its index has no shard yet that could answer: that is waited for, up to
        `SHARD_SECONDS`, where else part of the answer or all of it would be missing.

        Raises:
            IndexUnavailable: the index does not answer.
            IndexRefused: it does not take the request.
        """
        deadline = time.monotonic() + SHARD_SECONDS
        where = {} if "pit" in body else {"index": index or self.items, "ignore_unavailable": True}
        while True:
            try:
                found = self._call(self._client.search, **where, **body)
            except IndexUnavailable as error:
                if "search_phase_execution" not in str(error) or time.monotonic() > deadline:
                    raise
            else:
                if not found["_shards"]["failed"] or time.monotonic() > deadline:
                    return dict(found)
            time.sleep(SHARD_WAIT)

    @contextmanager
    def snapshot(self, index: str | None = None) -> Iterator[dict[str, str]]:
        """A point in time, as the `pit` of searches that shall all see the same; it lives for five minutes a search."""
        opened = self._call(
            self._client.open_point_in_time, index=index or self.items, keep_alive=KEEP_ALIVE, ignore_unavailable=True
        )
        try:
            yield {"id": opened["id"], "keep_alive": KEEP_ALIVE}
        finally:
            with suppress(IndexUnavailable, IndexRefused):
                self._call(self._client.close_point_in_time, id=opened["id"])

    def stored(self, places: Sequence[tuple[str, str]], fields: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Some fields of documents by id, as last written, searchable or not; `places` are (alias, id)."""
        docs = [{"_index": alias, "_id": identity, "_source": list(fields)} for alias, identity in places]
        answer = self._call(self._client.mget, docs=docs)
        return {doc["_id"]: doc["_source"] for doc in answer["docs"] if doc.get("found")}

    def months(self, kind: str) -> list[MonthIndex]:
        """The indices of a kind that are searched, oldest first; not those that stand beside during a move."""
        common = f"{self.prefix}-{kind}"
        indices = self._client.indices
        try:
            aliases = self._call(indices.get_alias, index=f"{common}-*", name=common)
        except IndexRefused as error:
            if "missing" in str(error) or "index_not_found" in str(error):
                return []
            raise
        names = sorted(aliases)
        if not names:
            return []
        mappings = self._call(indices.get_mapping, index=names)
        sizes = self._call(indices.stats, index=names, metric=["docs", "store", "segments", "shard_stats"])["indices"]
        found = []
        for name in names:
            month = name.removeprefix(f"{common}-").split("-", maxsplit=1)[0]
            mapped, size = mappings[name]["mappings"], sizes[name]["primaries"]
            found.append(MonthIndex(
                name=name, kind=kind, month=month, alias=f"{common}-{month}", documents=size["docs"]["count"],
                bytes=size["store"]["size_in_bytes"], segments=size["segments"]["count"],
                shards=size["shard_stats"]["total_count"], fields=tuple(mapped.get("properties", {})),
                mapping_version=mapped.get("_meta", {}).get("kabar_mapping", 1),
            ))  # fmt: skip
        return found

    def beside(self, old: MonthIndex) -> str:
        """Make an index beside another under the alias `…-next`, which nobody searches; the name of the new one."""
        number = int(old.name.rsplit("-v", 1)[1]) + 1 if "-v" in old.name else 2
        new = f"{old.alias}-v{number}"
        with suppress(IndexRefused):
            self.delete_index(new)  # what a move left that was broken off
        # What is removed meanwhile is remembered for longer than a minute: the copy of it may come hours later.
        remembered = {"index.gc_deletes": REMOVALS_REMEMBERED}
        self._call(self._client.indices.create, index=new, aliases={f"{old.alias}-next": {}}, settings=remembered)
        common = f"{self.prefix}-{old.kind}"
        self._call(self._client.indices.update_aliases, actions=[{"remove": {"index": new, "alias": common}}])
        return new

    def swap(self, old: MonthIndex, new: str, *, keep: bool) -> None:
        """Let the new index take the old one's place, in one step for all who search and write."""
        common = f"{self.prefix}-{old.kind}"
        actions: list[dict[str, Any]] = [
            {"remove": {"index": old.name, "alias": common}},
            {"remove": {"index": old.name, "alias": old.alias}},
            {"add": {"index": new, "alias": common}},
            {"add": {"index": new, "alias": old.alias, "is_write_index": True}},
        ]
        self._call(self._client.indices.update_aliases, actions=actions)
        # A writer may not have seen the swap yet: what it still sends to the alias beside must find it for a while.
        time.sleep(SWAP_SECONDS)
        removal = {"remove": {"index": new, "alias": f"{old.alias}-next"}}
        self._call(self._client.indices.update_aliases, actions=[removal])
        if not keep:
            self.delete_index(old.name)

    def next_aliases(self) -> frozenset[str]:
        """The write aliases beside which a new index stands just now."""
        try:
            found = self._call(self._client.indices.get_alias, name=f"{self.prefix}-*-next")
        except IndexRefused:
            return frozenset()
        return frozenset(
            alias.removesuffix("-next")
            for entry in found.values()
            for alias in entry["aliases"]
            if alias.endswith("-next")
        )

    def count(self, name: str) -> int:
        """How many documents an index has that can be searched."""
        return int(self._call(self._client.count, index=name)["count"])

    def revisions(self, name: str) -> int:
        """The sum of the revisions of an index's items, for the books."""
        return int(self._measured(name, {"sum": {"field": "revision"}}) or 0)

    def last_written(self, name: str) -> datetime | None:
        """When an index was written to last, or None where it holds nothing."""
        last = self._measured(name, {"max": {"field": "@timestamp"}})
        return None if last is None else from_millis(round(last))

    def _measured(self, name: str, asked: Mapping[str, Any]) -> float | None:
        """One figure over all of an index, or None where there is nothing to measure."""
        found = self._call(self._client.search, index=name, size=0, aggs={"one": asked})
        value: float | None = found["aggregations"]["one"]["value"]
        return value

    def merge(self, name: str, *, wait: bool) -> None:
        """Make one segment of each shard of an index; without `wait` the cluster goes on with it by itself."""
        client = self._client.options(request_timeout=MERGE_SECONDS) if wait else self._client
        self._call(client.indices.forcemerge, index=name, max_num_segments=1, wait_for_completion=wait)

    def refresh_index(self, *names: str) -> None:
        """Make everything in these indices searchable now."""
        self._call(self._client.indices.refresh, index=list(names))

    def delete_index(self, name: str) -> None:
        """Remove an index with all that it holds."""
        self._call(self._client.indices.delete, index=name)

    def refresh(self) -> None:
        """Make everything written searchable now."""
        names = ",".join(f"{self.prefix}-{kind}" for kind in ("items", *KINDS))
        self._call(self._client.indices.refresh, index=names, ignore_unavailable=True)

    def wait(self) -> None:
        """Raise `IndexUnavailable` unless the cluster answers."""
        self._call(self._client.cluster.health)

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def _call(self, function: Any, **arguments: object) -> Any:  # noqa: ANN401 - any call of the client
        try:
            return function(**arguments)
        except ConflictError as error:
            raise IndexRefused(str(error)) from error
        except ApiError as error:
            if error.status_code in RETRY_STATUS:
                raise IndexUnavailable("Elasticsearch answered {}", error.status_code, cause=error) from error
            raise IndexRefused(str(error)) from error
        except TransportError as error:
            raise IndexUnavailable(
                "Elasticsearch at {} does not answer: is it running?", self._settings.elasticsearch, cause=error
            ) from error


def _outcome(entry: Mapping[str, Any]) -> Outcome:
    status = entry["status"]
    error = entry.get("error") or {}
    reason = f"{error.get('type', '')}: {error.get('reason', '')}"
    cause = error.get("caused_by")
    if cause:
        reason += f" ({cause.get('reason', '')})"
    if status < 300 or entry.get("result") == "not_found":  # noqa: PLR2004 - any success, or nothing to remove
        return Outcome(Verdict.WRITTEN)
    if status == CONFLICT:
        return Outcome(Verdict.ALREADY_THERE)
    if status in RETRY_STATUS:
        return Outcome(Verdict.RETRY, reason)
    if status == FORBIDDEN:
        return Outcome(Verdict.BLOCKED, reason)
    if status == NOT_FOUND:
        return Outcome(Verdict.NO_INDEX, reason)
    return Outcome(Verdict.REFUSED, reason)


_encode = msgspec.json.encode
