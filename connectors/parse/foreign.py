"""What a body is that is neither XML, JSON nor HTML: told by its first bytes, or by how little of it is text. Pure."""

# Source: each format's own specification; the same bytes as `file(1)` goes by.
_STARTS = (
    (b"%PDF-", "a PDF document, not a feed"),
    (b"\x89PNG\r\n\x1a\n", "an image (PNG), not a feed"),
    (b"\xff\xd8\xff", "an image (JPEG), not a feed"),
    (b"GIF8", "an image (GIF), not a feed"),
    (b"\x00\x00\x01\x00", "an icon (ICO), not a feed"),
    (b"PK\x03\x04", "a ZIP archive, not a feed: unpack it first"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive, not a feed: unpack it first"),
    (b"\x28\xb5\x2f\xfd", "a file packed with zstd, not a feed: unpack it first"),
    (b"BZh", "a file packed with bzip2, not a feed: unpack it first"),
    (b"\xfd7zXZ\x00", "a file packed with xz, not a feed: unpack it first"),
    (b"ID3", "a sound file (MP3), not a feed"),
    (b"OggS", "a sound or video file (Ogg), not a feed"),
    (b"\x7fELF", "a program (ELF), not a feed"),
    (b"SQLite format 3\x00", "a database (SQLite), not a feed"),
    (b"WARC/", "a web archive (WARC), not a feed: `kabar ingest` takes it"),
)
_RIFF = {
    b"WEBP": "an image (WebP), not a feed",
    b"WAVE": "a sound file (WAV), not a feed",
    b"AVI ": "a video (AVI), not a feed",
}
_LOOKED_AT = 4_000
_STRANGE_SHARE = 0.1


def foreign(body: bytes) -> str | None:
    """Why a body is no feed by its first bytes, or None where they tell nothing."""
    if body.startswith(b"RIFF"):
        return _RIFF.get(body[8:12])
    if body[4:8] == b"ftyp":
        return "a video or sound file (MP4), not a feed"
    return next((what for start, what in _STARTS if body.startswith(start)), None)


def is_binary(text: str) -> bool:
    """Whether decoded text is none: over a tenth of its beginning is control or replacement characters."""
    start = text[:_LOOKED_AT]
    strange = sum(c == "\ufffd" or (c < " " and c not in "\t\r\n\f") for c in start)
    return strange > len(start) * _STRANGE_SHARE
