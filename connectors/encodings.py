"""Compressed bodies, inflated a block at a time and never beyond a bound: a bomb never unfolds."""

import sys
import zlib
from typing import Protocol

import brotli

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

ENCODINGS = "gzip, deflate, br, zstd"
BROKEN = (zlib.error, brotli.error, zstd.ZstdError)
# RFC 9659: a decoder for the web need not take windows over 8 MB.
ZSTD_WINDOW_LOG = 23
_GZIP = b"\x1f\x8b"


class Decoder(Protocol):
    """Inflates what it is given, to at most `max_length` bytes; what exceeds them is the caller's end."""

    def decompress(self, data: bytes, max_length: int = 0, /) -> bytes:
        """The next piece."""
        ...


class _Plain:
    def decompress(self, data: bytes, max_length: int = 0, /) -> bytes:
        return data[:max_length]


class _Gzip:
    """`gzip`, also where a server says it and sends plain text."""

    def __init__(self) -> None:
        self._inner: Decoder | None = None

    def decompress(self, data: bytes, max_length: int = 0, /) -> bytes:
        if self._inner is None and data:
            self._inner = zlib.decompressobj(16 + zlib.MAX_WBITS) if data[:2] == _GZIP[: len(data)] else _Plain()
        return self._inner.decompress(data, max_length) if self._inner else b""


class _Deflate:
    """`deflate` as servers send it: with zlib's header, as the standard has it, or without."""

    def __init__(self) -> None:
        self._inner: Decoder | None = None

    def decompress(self, data: bytes, max_length: int = 0, /) -> bytes:
        if self._inner is None and data:
            wrapped = data[0] & 0x0F == 8  # noqa: PLR2004 - zlib's method field (RFC 1950)
            self._inner = zlib.decompressobj(zlib.MAX_WBITS if wrapped else -zlib.MAX_WBITS)
        return self._inner.decompress(data, max_length) if self._inner else b""


class _Brotli:
    def __init__(self) -> None:
        self._inner = brotli.Decompressor()

    def decompress(self, data: bytes, max_length: int = 0, /) -> bytes:
        found: bytes = self._inner.process(data, output_buffer_limit=max_length)
        return found


class _Zstd:
    def __init__(self) -> None:
        self._inner = zstd.ZstdDecompressor(options={zstd.DecompressionParameter.window_log_max: ZSTD_WINDOW_LOG})

    def decompress(self, data: bytes, max_length: int = 0, /) -> bytes:
        return b"" if self._inner.eof else self._inner.decompress(data, max_length)


def decoder_of(encoding: str) -> Decoder | None:
    """The decoder for a Content-Encoding, or None for one that was not asked for, such as two in one another."""
    match encoding.strip().lower():
        case "" | "identity" | "none" | "utf-8":
            return _Plain()
        case "gzip" | "x-gzip":
            return _Gzip()
        case "deflate":
            return _Deflate()
        case "br":
            return _Brotli()
        case "zstd":
            return _Zstd()
        case _:
            return None
