"""Makes web archives as crawlers write them: one gzip member a record, beside requests and other things."""

import gzip
import random
from pathlib import Path

PLACES = "harbour library railway hospital stadium museum bridge theatre airport market".split()  # noqa: SIM905
_SYLLABLES = "ba ce di fo gu la me ni po ru sa te vi zo".split()  # noqa: SIM905


def word(generator: random.Random) -> str:
    """A word that no other text has."""
    return "".join(generator.choice(_SYLLABLES) for _ in range(3))


def page(number: int, paragraphs: int = 6) -> bytes:
    """A news page with a menu, an article and a footer."""
    generator = random.Random(number)
    place = PLACES[number % len(PLACES)]
    text = "".join(
        f"<p>The {place} of {word(generator).title()} {word(generator)} on Monday, said the mayor of the "
        f"town {word(generator)}, who {word(generator)} {word(generator)} and {word(generator)}.</p>"
        for _ in range(paragraphs)
    )
    menu = "".join(f"<li><a href=/{name}>{name}</a></li>" for name in PLACES)
    return (
        f"<html lang=en><head><meta charset=utf-8><title>Number {number} | Site</title>"
        f"<meta property=og:title content='News {number} of the {place}'>"
        f"<meta property=article:published_time content=2024-01-02T03:04:05Z></head><body><nav><ul>{menu}</ul></nav>"
        f"<article><h1>News {number} of the {place}</h1>{text}</article><footer>Imprint, contact</footer></body></html>"
    ).encode()


def record(
    kind: str, url: str, body: bytes, *, http: str = "200 OK", content_type: str = "text/html; charset=utf-8"
) -> bytes:
    """One record of an archive, as bytes."""
    if kind == "response":
        body = f"HTTP/1.1 {http}\r\nContent-Type: {content_type}\r\n\r\n".encode() + body
    head = (
        f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Target-URI: {url}\r\nWARC-Date: 2024-01-02T03:04:06Z\r\n"
        f"WARC-Record-ID: <urn:uuid:{abs(hash(url)):032x}>\r\nContent-Type: application/http; msgtype={kind}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body + b"\r\n\r\n"


def write(path: Path, pages: int, *, packed: bool = True) -> Path:
    """An archive of so many pages, each with its request, and now and then an image, an error and a redirect."""
    with path.open("wb") as file:
        for number in range(pages):
            url = f"https://site{number % 7}.example/news/{number}"
            records = [record("request", url, b"GET / HTTP/1.1\r\n\r\n"), record("response", url, page(number))]
            if number % 10 == 0:
                records += [
                    record("response", f"{url}.png", b"\x89PNG" * 100, content_type="image/png"),
                    record("response", f"{url}/gone", page(number), http="404 Not Found"),
                ]
            for each in records:
                file.write(gzip.compress(each, 1) if packed else each)
    return path
