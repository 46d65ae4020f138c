"""Reads texts that Chinese people see, gives the Latin words in them that have no place there."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html.parser import HTMLParser
from typing import Final

WORDS: Final = """
kg CO₂e GWP AR GWP100 AR4 AR5 AR6 g mg t km kWh MJ MWh h year ml L SKU GTIN
CSV XLSX Parquet JSON Lines TOML ZIP SVG PNG PDF HTML UTF GB18030 UTF-8 SHA SHA-256
IPCC DESNZ EPA WARM RIVM ADEME MEE ISO GB GLEC ecoinvent Brightway Activity Browser PySpark Java
EU China CNY USD PET PE PP PVC ABS LED EVA CN GLO T carbon-label
"""
ALLOWED: Final = frozenset(WORDS.split())
"""Units, names of formats, sources, standards and currencies; T of a T-shirt (T恤)."""

CODES: Final = re.compile(
    r"\b[A-Z]\d{3}\b"  # codes of errors
    r"|\b(?:pip install|carbon) [\w\-./ ]*"  # commands that are typed
    r"|--[a-z][a-z-]*(?:[ =][A-Za-z]+)?"  # options
    r"|[\w./-]*\.(?:csv|xlsx|parquet|jsonl|json|html|toml|md|svg|pdf|zip)\b|\.j2"  # files
    r"|\b[A-Z][A-Z0-9_]*[-_]\d+\b"  # numbers of goods
    r"|\b[a-z][\w-]*/[\w./-]+|\b[A-Z0-9]+(?:_[A-Z0-9]+)+\b"  # paths, variables
    r"|\b[a-z_]+=-?[\d.]+[a-z]*\b|\bcarbon[.-][a-z]+(?:\[[a-z]+\])?"  # settings, packages
    r"|\bCN-[A-Z]{2}\b|\b[A-Z]{2}\b(?!-)"  # places
    r"|\b[a-z]+(?:_[a-z0-9]+)+\b|\b[a-z]+-\d+\b"  # names of columns and keys
    r"|\b\d{4}\.\d(?:\+[0-9a-f]{12})?|\b[0-9a-f]{12,64}\b"  # editions and digests
    r"|https?://\S+|\{[^{}]*\}"
)
LATIN: Final = re.compile(r"[A-Za-z][A-Za-z₂-]+(?:'[a-z]+)?[A-Za-z0-9]*")


def latin(texts: Iterable[str], *names: str) -> set[str]:
    """Latin words that no Chinese text should hold.

    Parameters
    ----------
    texts : iterable of str
        What is read or heard.
    *names : str
        Words that belong to the input: names of goods, files and merchants.
    """
    known = ALLOWED | set(names)
    found = set()
    for text in texts:
        bare = CODES.sub(" ", text)
        found |= {word for word in LATIN.findall(bare) if word not in known}
    return found


class _Reader(HTMLParser):
    """Text of a page, and the attributes that are read aloud."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.silent += tag in ("style", "script", "pre", "code")
        self.texts += [value for key, value in attrs if key in ("aria-label", "alt") and value]

    def handle_endtag(self, tag: str) -> None:
        self.silent -= tag in ("style", "script", "pre", "code")

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.texts.append(data)


def texts_of(markup: str) -> list[str]:
    """Texts of a page or picture; not of its styles, its data and commands to be typed."""
    reader = _Reader()
    reader.feed(markup)
    return [" ".join(text.split()) for text in reader.texts if text.strip()]
