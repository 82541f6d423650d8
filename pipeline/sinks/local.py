"""Sinks on this machine: a file of JSON Lines, an Atom or RSS file for each rule, a topic of the same broker."""

import asyncio
import os
import re
from email.utils import format_datetime
from hashlib import blake2b
from pathlib import Path

from lxml import etree

from pipeline.sinks.attempts import Later, Outcome, Refused, Sent
from pipeline.sinks.config import FeedConfig, FileConfig, TopicConfig
from pipeline.sinks.mail import page
from pipeline.sinks.message import told
from schemas.alert import Alert
from schemas.broker import Producer
from schemas.codec import now
from schemas.errors import BrokerError, TooLarge
from schemas.settings import Settings

ATOM = "http://www.w3.org/2005/Atom"
_UNWRITABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class FilePlace:
    """One line of JSON for each alert, on the disk before it counts as sent."""

    def __init__(self, config: FileConfig) -> None:
        self._path = Path(config.path).expanduser()

    async def start(self) -> None:
        """The file is opened for each line, so that it may be moved away."""

    async def send(self, alert: Alert) -> Outcome:
        """Append one line."""
        return await asyncio.to_thread(self._append, alert)

    async def stop(self) -> None:
        """Nothing is kept open."""

    def _append(self, alert: Alert) -> Outcome:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("ab") as file:
                file.write(alert.encode() + b"\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            return Later(f"{self._path}: {error.strerror or error}")
        return Sent()


class FeedPlace:
    """One feed for each rule, written anew with each alert; the file itself is what is remembered."""

    def __init__(self, config: FeedConfig) -> None:
        self._config = config
        self._folder = Path(config.folder).expanduser()
        self._lock = asyncio.Lock()

    async def start(self) -> None:
        """Nothing is kept open."""

    async def send(self, alert: Alert) -> Outcome:
        """Put one entry in front of its rule's feed."""
        async with self._lock:
            return await asyncio.to_thread(self._put, alert)

    async def stop(self) -> None:
        """Nothing is kept open."""

    def _put(self, alert: Alert) -> Outcome:
        atom = self._config.format == "atom"
        path = self._folder / file_name(alert.match.rule_id, self._config.format)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            root = _existing(path) if path.exists() else None
            if root is None:
                root = _new_atom(alert) if atom else _new_rss(alert)
            (_add_atom if atom else _add_rss)(root, alert, self._config.entries)
            new = path.with_suffix(".new")
            new.write_bytes(etree.tostring(root, xml_declaration=True, encoding="utf-8", pretty_print=True))
            new.replace(path)
        except OSError as error:
            return Later(f"{path}: {error.strerror or error}")
        return Sent()


class TopicPlace:
    """A topic of the same broker."""

    def __init__(self, settings: Settings, config: TopicConfig) -> None:
        self._settings = settings
        self._topic = config.topic
        self._producer: Producer | None = None

    async def start(self) -> None:
        """The producer is made with the first alert."""

    async def send(self, alert: Alert) -> Outcome:
        """Send one record and wait until the broker has it."""
        return await asyncio.to_thread(self._send, alert)

    async def stop(self) -> None:
        """Close the producer."""
        if self._producer is not None:
            self._producer.close()

    def _send(self, alert: Alert) -> Outcome:
        try:
            if self._producer is None:
                self._producer = Producer(self._settings)
            self._producer.send(self._topic, alert.id, alert.encode())
            self._producer.flush()
        except TooLarge as error:
            return Refused(str(error))
        except BrokerError as error:
            return Later(str(error))
        return Sent()


def file_name(rule_id: str, kind: str) -> str:
    """The name of a rule's feed; ids with other signs than letters, digits and hyphens get a hash behind them."""
    plain = re.sub(r"[^\w-]+", "-", rule_id).strip("-")[:80]
    if plain != rule_id:
        plain = f"{plain}-{blake2b(rule_id.encode(), digest_size=4).hexdigest()}"
    return f"{plain}.{kind}"


def _existing(path: Path) -> etree._Element | None:
    try:
        parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_blank_text=True)
        return etree.fromstring(path.read_bytes(), parser)
    except etree.XMLSyntaxError:
        return None  # cut by a full disk; the entries go on from here


def _name(alert: Alert) -> str:
    return f"Kabar: {alert.match.rule_name or alert.match.figure_name}"


def _new_atom(alert: Alert) -> etree._Element:
    root = etree.Element(f"{{{ATOM}}}feed", nsmap={None: ATOM})  # type: ignore[dict-item]  # the default namespace
    _child(root, f"{{{ATOM}}}id", f"urn:kabar:rule:{blake2b(alert.match.rule_id.encode(), digest_size=16).hexdigest()}")
    _child(root, f"{{{ATOM}}}title", _name(alert))
    author = etree.SubElement(root, f"{{{ATOM}}}author")
    _child(author, f"{{{ATOM}}}name", "Kabar")
    _child(root, f"{{{ATOM}}}updated", now().isoformat())
    return root


def _add_atom(root: etree._Element, alert: Alert, limit: int) -> None:
    content = told(alert)
    number = f"urn:kabar:alert:{alert.id}"
    entries = root.findall(f"{{{ATOM}}}entry")
    if any(entry.findtext(f"{{{ATOM}}}id") == number for entry in entries):
        return
    for old in entries[max(0, limit - 1) :]:
        root.remove(old)
    entry = etree.Element(f"{{{ATOM}}}entry")
    _child(entry, f"{{{ATOM}}}id", number)
    _child(entry, f"{{{ATOM}}}title", content.heading)
    _child(entry, f"{{{ATOM}}}updated", alert.alerted_at.isoformat())
    if content.shown[0].url:
        etree.SubElement(entry, f"{{{ATOM}}}link", href=_writable(content.shown[0].url))
    body = _child(entry, f"{{{ATOM}}}content", page(content))
    body.set("type", "html")
    updated = root.find(f"{{{ATOM}}}updated")
    if updated is not None:
        updated.text = now().isoformat()
    first = root.find(f"{{{ATOM}}}entry")
    root.insert(len(root) if first is None else root.index(first), entry)


def _new_rss(alert: Alert) -> etree._Element:
    root = etree.Element("rss", version="2.0")
    channel = etree.SubElement(root, "channel")
    _child(channel, "title", _name(alert))
    _child(channel, "link", "https://kabar.invalid/")
    _child(channel, "description", _name(alert))
    return root


def _add_rss(root: etree._Element, alert: Alert, limit: int) -> None:
    content = told(alert)
    channel = root.find("channel")
    if channel is None:
        channel = etree.SubElement(root, "channel")
    items = channel.findall("item")
    if any(item.findtext("guid") == alert.id for item in items):
        return
    for old in items[max(0, limit - 1) :]:
        channel.remove(old)
    item = etree.Element("item")
    _child(item, "title", content.heading)
    if content.shown[0].url:
        _child(item, "link", content.shown[0].url)
    _child(item, "guid", alert.id).set("isPermaLink", "false")
    _child(item, "pubDate", format_datetime(alert.alerted_at))
    _child(item, "description", page(content))
    first = channel.find("item")
    channel.insert(len(channel) if first is None else channel.index(first), item)


def _child(parent: etree._Element, name: str, value: str) -> etree._Element:
    child = etree.SubElement(parent, name)
    child.text = _writable(value)
    return child


def _writable(value: str) -> str:
    return _UNWRITABLE.sub("", value)
