"""Draws the skill's icon, a mouth with a twitch beside it, in whatever size the store asks for."""

from __future__ import annotations

import struct
import zlib

import numpy as np

GROUND, LIPS, TWITCH = (24, 78, 90), (238, 120, 112), (250, 214, 140)

FINER = 4
"""Each point of the picture is the mean of this many by this many, so that edges are smooth."""


def icon(size: int) -> bytes:
    """The icon as PNG, `size` points wide and high."""
    steps = (np.arange(size * FINER) + 0.5) / (size * FINER) * 2 - 1
    x, y = np.meshgrid(steps, -steps)
    picture = np.empty((*x.shape, 3))
    picture[:] = GROUND
    along = np.clip(np.abs((x + 0.1) / 0.62), 0, 1)
    bow = 0.3 * (1 - along**2) * (1 - 0.4 * np.exp(-((along / 0.16) ** 2)))
    between = 0.03 * np.cos(along * 6)
    is_lip = (along < 1) & (y < between + bow) & (y > between - 0.36 * (1 - along**2) ** 0.8) & (np.abs(y - between) > 0.022)
    picture[is_lip] = LIPS
    radius, angle = np.hypot(x - 0.34, y - 0.14), np.arctan2(y - 0.14, x - 0.34)
    for middle in (0.2, 0.34):
        picture[(np.abs(radius - middle) < 0.028) & (np.abs(angle - 0.7) < 0.55)] = TWITCH
    small = picture.reshape(size, FINER, size, FINER, 3).mean(axis=(1, 3)).round().astype(np.uint8)
    rows = b"".join(b"\0" + row.tobytes() for row in small)
    head = struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", zlib.compress(rows, 9)) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
