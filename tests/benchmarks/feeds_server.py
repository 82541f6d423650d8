"""A process that serves real-shaped feeds: `python -m tests.benchmarks.feeds_server PORT`.

Any address of 127.0.0.0/8 is a host of its own. `/f/T/N?changed=P` is feed N of outlet T: a hundred items (or `items=`)
with bodies of about 2 KB, ETags, and a new item with each P % of the requests. The new item's title ends with the time
at which it appeared, in milliseconds.
"""

import asyncio
import sys
import time
from dataclasses import dataclass, field
from random import Random

from tests.benchmarks.corpus import Maker

TEMPLATES = 50
PORT_ARGUMENT = 1


@dataclass(slots=True)
class Outlet:
    """The items of one outlet, newest first, as XML."""

    number: int
    items: list[str] = field(default_factory=list)

    @classmethod
    def made(cls, number: int, count: int) -> "Outlet":
        """The same for the same number."""
        made = Maker(f"outlet-{number}", number).items(count)
        return cls(number, [_xml(item.title, item.summary, item.body, number, n) for n, item in enumerate(made)])


def _xml(title: str, summary: str, body: str, outlet: int, number: int) -> str:
    link = f"https://outlet-{outlet}.example/news/{number}"
    text = body.replace("\n", "</p><p>")
    return (
        f"<item><title><![CDATA[{title}]]></title><link>{link}</link><guid isPermaLink='false'>{link}</guid>"
        f"<pubDate>Tue, 05 Mar 2024 08:{number % 60:02}:00 +0700</pubDate><dc:creator>Desk</dc:creator>"
        f"<category>national</category><description><![CDATA[<p>{summary}</p>]]></description>"
        f"<content:encoded><![CDATA[<p>{text}</p>]]></content:encoded></item>"
    )


HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>Outlet {0}</title>'
    "<link>https://outlet-{0}.example/</link><language>id</language>"
)


class Server:
    """Answers with as little work as it can, so that what is measured is the client."""

    def __init__(self) -> None:
        self._outlets: dict[tuple[int, int], tuple[Outlet, bytes]] = {}
        self._versions: dict[str, int] = {}
        self._random = Random(7)

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection until it ends."""
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                writer.write(self._reply(head.decode("latin-1")))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def _reply(self, head: str) -> bytes:
        path, _, query = head.split(" ", 2)[1].partition("?")
        options = dict(part.split("=") for part in query.split("&") if part)
        _, _, outlet, feed = path.split("/")
        version = self._versions.get(feed, 0)
        if self._random.random() * 100 < float(options.get("changed", "0")):
            version = self._versions[feed] = version + 1
        etag = f'"{feed}-{version}"'
        if f"if-none-match: {etag}" in head.lower():
            return b"HTTP/1.1 304 Not Modified\r\nETag: " + etag.encode() + b"\r\n\r\n"
        known, tail = self._outlet(int(outlet), int(options.get("items", "100")))
        stamp = int(time.time() * 1000)
        new = _xml(
            f"Breaking {feed} {version} {stamp}", "New", "New text.\nMore of it.", known.number, 100_000 + version
        )
        body = HEAD.format(outlet).encode() + (f"{new}".encode() if version else b"") + tail
        return (
            f"HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\nETag: {etag}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n".encode()
            + body
        )

    def _outlet(self, number: int, count: int) -> tuple[Outlet, bytes]:
        key = number % TEMPLATES, count
        if key not in self._outlets:
            outlet = Outlet.made(key[0], count)
            self._outlets[key] = outlet, "".join((*outlet.items, "</channel></rss>")).encode()
        return self._outlets[key]


async def main(port: int) -> None:
    """Serve on every address of this machine until killed."""
    server = await asyncio.start_server(Server().answer, "0.0.0.0", port, backlog=2048)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[PORT_ARGUMENT])))
