"""Avatars: our own identicons, or Gravatar where ``GRAVATAR`` is set.

The URL of an identicon contains what is drawn, so that the image can be cached for ever
and needs no query, and no third party learns who reads what.
"""

from __future__ import annotations

import colorsys
import hashlib
import hmac
import struct
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode
from zlib import compress, crc32

from django.conf import settings
from django.urls import reverse

from core.links import absolute_url

if TYPE_CHECKING:
    from accounts.models import User

SEED_LENGTH = 16
# What browsers take unquoted in the address of a picture.
SAFE_IN_DATA = " /:=-"
PAPER = "#eceef5"
_SIDE = 5


def avatar_url(user: User, size: int) -> str:
    """Return the URL of the user's avatar; ``size`` is in CSS pixels."""
    if settings.GRAVATAR:
        address = user.email.strip().lower().encode()
        digest = hashlib.sha256(address).hexdigest()
        # Twice as many pixels, for dense screens.
        query = urlencode({"d": "mm", "s": size * 2})
        return f"https://www.gravatar.com/avatar/{digest}?{query}"
    return reverse("accounts:avatar", args=[_seed(user.pk), "svg"])


def _seed(pk: int) -> str:
    key = settings.SECRET_KEY.encode()
    return hmac.digest(key, f"avatar:{pk}".encode(), "sha256").hex()[:SEED_LENGTH]


def avatar_source(user: User, size: int) -> str:
    """Return what a page's ``<img>`` shows: the picture itself, or Gravatar's address.

    A page of twenty posts would ask for as many small images.
    """
    return avatar_url(user, size) if settings.GRAVATAR else _identicon_data(user.pk)


@lru_cache(maxsize=2_000)
def _identicon_data(pk: int) -> str:
    return f"data:image/svg+xml,{quote(identicon(_seed(pk)), safe=SAFE_IN_DATA)}"


def mail_avatar_url(user: User) -> str:
    """Return the absolute URL of a PNG for mails, where SVG is rarely shown."""
    if settings.GRAVATAR:
        return avatar_url(user, 70)
    return absolute_url(avatar_url(user, 70).removesuffix(".svg") + ".png")


def _squares(seed: str) -> tuple[str, list[tuple[int, int]]]:
    """Return the colour and the filled squares for 16 hexadecimal digits."""
    number = int(seed, 16)
    bits = number >> 16
    filled = [
        (column, row)
        for column in range(_SIDE)
        for row in range(_SIDE)
        if bits >> (min(column, _SIDE - 1 - column) * _SIDE + row) & 1
    ]
    return _colour(number & 0xFFFF), filled


def identicon(seed: str) -> str:
    """Return an SVG of 5 × 5 mirrored squares drawn from 16 hexadecimal digits."""
    colour, filled = _squares(seed)
    path = "".join(f"M{column} {row}h1v1h-1z" for column, row in filled)
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="-1 -1 7 7">'
        f'<path fill="{PAPER}" d="M-1-1h7v7h-7z"/>'
        f'<path fill="{colour}" d="{path}"/></svg>'
    )


def identicon_png(seed: str, scale: int = 20) -> bytes:
    """Return the same image as a PNG (W3C, 2003) of two colours."""
    colour, filled = _squares(seed)
    side = (_SIDE + 2) * scale
    rows = []
    for y in range(_SIDE + 2):
        line = "".join(
            ("1" if (x - 1, y - 1) in filled else "0") * scale for x in range(_SIDE + 2)
        )
        packed = int(line.ljust(-(-side // 8) * 8, "0"), 2).to_bytes(-(-side // 8))
        rows.append((b"\0" + packed) * scale)
    palette = bytes.fromhex(PAPER[1:] + colour[1:])
    header = struct.pack(">IIBBBBB", side, side, 1, 3, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data))
        + kind
        + data
        + struct.pack(">I", crc32(kind + data))
        for kind, data in (
            (b"IHDR", header),
            (b"PLTE", palette),
            (b"IDAT", compress(b"".join(rows))),
            (b"IEND", b""),
        )
    )


def _colour(number: int) -> str:
    hue = number / 0xFFFF
    parts = colorsys.hls_to_rgb(hue, 0.42, 0.55)
    return "#" + "".join(f"{round(part * 255):02x}" for part in parts)
