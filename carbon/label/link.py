"""Reads a trade item number or a template of addresses, gives the link of a label as QR code."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import Final
from urllib.parse import quote

from carbon.base.errors import RuleError

__all__ = ["check_url", "link_of", "qr"]

LONGEST: Final = 300
"""Characters of a link; a longer one makes a code that does not scan at 47 mm."""


def check_url(url: str) -> str:
    """Hand a template of links with ``{sku}``, ``{gtin}`` or ``{edition}`` back, or nothing.

    Else L011.

    >>> check_url("https://shop.example/p/{sku}")
    'https://shop.example/p/{sku}'
    """
    bare = re.sub(r"\{(?:sku|gtin|edition)\}", "", url)
    if url and not re.fullmatch(r"https?://[A-Za-z0-9.-]+(?::\d+)?(?:[/?#][!-z|~]*)?", bare):
        raise RuleError("L011", value=url[:80])
    return url


def link_of(sku: str, gtin: str, edition: str, *, url: str = "", resolver: str = "") -> str:
    """The link of a label; the GTIN is valid or empty.

    A template as :func:`check_url` lets pass is preferred where it names ``{gtin}`` or there is no
    GTIN; else ``resolver`` is where GS1 Digital Links begin (``/01/`` and the GTIN in 14 digits).
    Empty if there is neither, or if the link would be too long to scan.

    >>> link_of("TS 1", "6901234567892", "2026.1", resolver="https://id.gs1.org")
    'https://id.gs1.org/01/06901234567892'
    >>> link_of("TS 1/ä", "", "2026.1", url="https://shop.example/{sku}")
    'https://shop.example/TS%201%2F%C3%A4'
    """
    if gtin and "{gtin}" not in url:
        return f"{resolver}/01/{gtin.zfill(14)}"
    if not url or ("{gtin}" in url and not gtin):
        return ""
    named = {"sku": sku[:LONGEST], "gtin": gtin, "edition": edition}
    for name, value in named.items():
        url = url.replace(f"{{{name}}}", quote(value, safe="", errors="replace"))
    return url if len(url) <= LONGEST and len(sku) <= LONGEST else ""


MASK: Final = 3
"""Data mask 011 of ISO/IEC 18004: diagonals."""


@lru_cache(maxsize=16)
def qr(text: str) -> tuple[int, str]:
    """QR code of a text: modules of a side, and SVG path data of the dark modules [module].

    One run of modules is a rectangle; a template leaves a quiet zone of four around.

    Error correction M, restored up to 15 % (ISO/IEC 18004). The data mask is fixed: to try all
    eight for the most even picture costs more than the code, and a reader undoes any of them.

    >>> size, path = qr("https://id.gs1.org/01/06901234567892")
    >>> size, path[:9]
    (29, 'M0 0h7v1h')
    """
    import numpy as np
    import zxingcpp

    code = zxingcpp.create_barcode(
        text, zxingcpp.BarcodeFormat.QRCode, ec_level="M", data_mask=MASK
    )
    dark = np.asarray(code.to_image(scale=1, add_quiet_zones=False)) == 0
    size = len(dark)
    edges = np.zeros((size, size + 1), dtype=np.int8)
    edges[:, :size] = dark
    edges[:, 1:] -= dark
    row, start = np.nonzero(edges == 1)
    wide = np.nonzero(edges == -1)[1] - start
    corner, run = _pieces()
    runs = zip(start.tolist(), row.tolist(), wide.tolist(), strict=True)
    return size, "".join([f"{corner[x]}{y}{run[w]}" for x, y, w in runs])


@cache
def _pieces() -> tuple[list[str], list[str]]:
    """Path data of the left edge and of the width of a run, up to the largest code."""
    largest = 178
    return (
        [f"M{x} " for x in range(largest)],
        [f"h{wide}v1h-{wide}z" for wide in range(largest)],
    )
