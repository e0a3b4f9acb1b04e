"""Pictures of pages, small enough for a repository: PNG with a palette; the browser writes three bytes a pixel."""

import struct
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Final

_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
#: bytes a pixel, of the two kinds that are read here: three channels, and a palette
_BYTES: Final = {2: 3, 3: 1}
_COLOURS: Final = 256

Colour = tuple[int, int, int]


def smaller(png: bytes) -> bytes:
    """The same picture in at most 256 colours; of more, each becomes the nearest of those that are used most."""
    rows = pixels(png)
    palette = [colour for colour, _ in Counter(pixel for row in rows for pixel in row).most_common(_COLOURS)]
    places = {colour: place for place, colour in enumerate(palette)}

    @cache
    def place_of(colour: Colour) -> int:
        return places[colour] if colour in places else _nearest(palette, colour)

    lines = b"".join(b"\0" + bytes(map(place_of, row)) for row in rows)
    header = struct.pack(">IIBBBBB", len(rows[0]), len(rows), 8, 3, 0, 0, 0)
    chunks = {b"IHDR": header, b"PLTE": bytes(sum(palette, ())), b"IDAT": zlib.compress(lines, 9), b"IEND": b""}
    return _SIGNATURE + b"".join(_chunk(kind, content) for kind, content in chunks.items())


def pixels(png: bytes) -> list[list[Colour]]:
    """The colours of a picture, row by row."""
    chunks = list(_chunks(png))
    width, _, depth, kind, *_, interlaced = struct.unpack(">IIBBBBB", dict(chunks)[b"IHDR"])
    if depth != 8 or kind not in _BYTES or interlaced:
        raise ValueError("a PNG of another kind than the browser writes")
    data = zlib.decompress(b"".join(content for name, content in chunks if name == b"IDAT"))
    rows = _unfiltered(data, width * _BYTES[kind], _BYTES[kind])
    if kind == 2:
        return [list(zip(row[0::3], row[1::3], row[2::3], strict=True)) for row in rows]
    known = dict(chunks)[b"PLTE"]
    palette = list(zip(known[0::3], known[1::3], known[2::3], strict=True))
    return [[palette[place] for place in row] for row in rows]


def _nearest(palette: Sequence[Colour], colour: Colour) -> int:
    distances = (sum((a - b) ** 2 for a, b in zip(each, colour, strict=True)) for each in palette)
    return min(enumerate(distances), key=lambda found: found[1])[0]


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(_SIGNATURE)
    while at < len(png):
        (length,) = struct.unpack_from(">I", png, at)
        yield png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        at += length + 12


def _unfiltered(data: bytes, length: int, step: int) -> list[bytearray]:
    """The rows as they were before each was written as its difference to what is left of it and above it."""
    rows: list[bytearray] = []
    above = bytearray(length)
    for at in range(0, len(data), length + 1):
        row = bytearray(data[at + 1 : at + 1 + length])
        for n in range(length) if data[at] else ():
            left, corner = (row[n - step], above[n - step]) if n >= step else (0, 0)
            row[n] = (row[n] + _predicted(data[at], left, above[n], corner)) & 0xFF
        rows.append(row)
        above = row
    return rows


def _predicted(kind: int, left: int, up: int, corner: int) -> int:
    if kind < 3:
        return left if kind == 1 else up
    if kind == 3:
        return (left + up) // 2
    guess = left + up - corner
    return min((left, up, corner), key=lambda value: abs(guess - value))
