"""Reads sections of text, charts and tables, gives one HTML file that stands alone.

No script, no font and no picture is fetched, and the page forbids itself to fetch any: its
Content-Security-Policy allows its own style sheet, by its hash, and nothing else.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from markupsafe import Markup, escape
from pydantic import Field

from carbon.base.rules import Rules, load, templates_root
from carbon.base.words import closed
from carbon.label.claims_rules import Spoken
from carbon.paper.page import folder, page
from carbon.paper.text import fitted, plain

__all__ = [
    "LANGS",
    "Say",
    "code",
    "facts",
    "figure",
    "heading",
    "rendered",
    "section",
    "table",
    "text",
    "user",
]

LANGS: Final = ("zh", "en")
STEPS: Final = 400_000
"""Cells and rows of one page; the tables of a page are bounded before they come here."""

Told = str | Mapping[str, str]
"""A text, or a text in each language."""

Block = dict[str, Any]


class _Words(Rules):
    """A file of words."""

    word: dict[str, Spoken]
    input: dict[str, Spoken] = Field(default_factory=dict)


class Say:
    """Words of a page in one language, or in two beside each other.

    - ``name``: folder of the templates that holds ``words.toml``
    - ``langs``: the first is that of the page; a second one stands beside it, marked

    >>> Say("report", ["en"])("total"), Say("report", ["zh", "en"]).plain("total")
    (Markup('total'), '合计 total')
    >>> Say("report", ["zh", "en"])("total")
    Markup('合计 <span class="also" lang="en">total</span>')
    """

    def __init__(self, name: str, langs: Sequence[str]) -> None:
        self._words = _words(templates_root() / name / "words.toml")
        self.langs = tuple(langs)

    def __call__(self, key: str, **values: Told) -> Markup:
        """Words of a key as markup, filled with texts or, in a mapping, those in each language."""
        return self.both({lang: self._of(key, lang, values) for lang in LANGS})

    def plain(self, key: str, **values: Told) -> str:
        """Words as plain text, for charts and attributes."""
        return self.side({lang: self._of(key, lang, values) for lang in LANGS})

    def both(self, spoken: Mapping[str, str]) -> Markup:
        """A text that is there in each language, as markup."""
        first, *others = self.langs
        same = [lang for lang in others if spoken[lang] != spoken[first]]
        markup = escape(spoken[first])
        for lang in same:
            markup += Markup(' <span class="also" lang="{}">{}</span>').format(lang, spoken[lang])
        return markup

    def side(self, spoken: Mapping[str, str]) -> str:
        """A text that is there in each language, as plain text."""
        return " ".join(dict.fromkeys(spoken[lang] for lang in self.langs))

    def input(self, name: str) -> dict[str, str]:
        """Name of an input of a footprint in each language; its own name if there is none."""
        spoken = self._words.input.get(name)
        return {"en": name, "zh": name} if spoken is None else {"en": spoken.en, "zh": spoken.zh}

    def has(self, key: str) -> bool:
        """Whether there are words of this name."""
        return key in self._words.word

    def heads(self, **kinds: str) -> list[tuple[Markup | str, str]]:
        """Headers of a :func:`table`: words and kind of each column."""
        return [(self(key), kind) for key, kind in kinds.items()]

    def each(self, key: str, **values: Told) -> dict[str, str]:
        """Words in each language."""
        return {lang: self._of(key, lang, values) for lang in LANGS}

    def _of(self, key: str, lang: str, values: Mapping[str, Told]) -> str:
        words = self._words.word[key]
        filled = {
            name: value if isinstance(value, str) else value[lang] for name, value in values.items()
        }
        return (words.zh if lang == "zh" else words.en).format_map(filled)


@lru_cache(maxsize=8)
def _words(path: Path) -> _Words:
    return load(path, _Words)


def user(value: object, room: float = 300.0) -> str:
    """What a user wrote, as one line that fits a cell of so wide a room at a size of 13.

    None and NaN are empty.
    """
    return "" if value is None or value != value else fitted(plain(str(value)), 13, room)


def text(content: Markup, *, note: bool = False) -> Block:
    """A paragraph."""
    return {"kind": "text", "text": content, "note": note}


def heading(content: Markup) -> Block:
    """A heading inside a section."""
    return {"kind": "heading", "text": content}


def figure(svg: str, caption: Markup | str = "") -> Block:
    """A chart of :mod:`carbon.paper.charts`."""
    return {"kind": "figure", "svg": Markup(svg), "caption": caption}  # noqa: S704  our own SVG


def facts(rows: Sequence[tuple[Markup | str, str, Markup | str]]) -> Block:
    """Numbers that stand large: what, number, and what belongs to it."""
    return {"kind": "facts", "facts": [list(row) for row in rows]}


def code(lines: Sequence[str]) -> Block:
    """Commands to be typed."""
    return {"kind": "code", "text": "\n".join(lines)}


def table(
    caption: Markup,
    heads: Sequence[tuple[Markup | str, str]],
    rows: Sequence[Sequence[Markup | str]],
    *,
    more: Markup | str = "",
) -> Block:
    """A table; ``more`` stands below it.

    Kinds of columns are ``head`` (names the row), ``number``, ``user`` (what a user wrote) or
    ``text``.
    """
    return {
        "kind": "table",
        "caption": caption,
        "label": caption.striptags(),
        "heads": [list(head) for head in heads],
        "rows": [list(row) for row in rows],
        "more": more,
    }


def section(name: str, title: Markup, *blocks: Block | None) -> dict[str, Any]:
    """A section with its name in the address and its blocks; a block that is None is left out."""
    return {"id": name, "title": title, "blocks": [block for block in blocks if block is not None]}


def rendered(
    say: Say,
    *,
    title: Markup,
    title_text: str,
    subject: str,
    basis: str,
    declared: Markup | str,
    sections: Sequence[Mapping[str, Any]],
    footer: str,
) -> str:
    """The page as HTML, of sections as :func:`section` gives them.

    ``basis`` is edition, method and boundary; ``declared`` is who vouches for it.
    """
    home = templates_root() / "page"
    style = (home / "style.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    filled = page(folder(home), "page.j2", str(home), steps=STEPS)
    html = filled.render(
        {
            "lang": say.langs[0],
            "style": Markup(style),  # noqa: S704  our own style sheet
            "style_hash": digest,
            "title": title,
            "title_text": title_text,
            "contents_text": say.plain("contents"),
            "subject": subject,
            "basis": basis,
            "declared": declared,
            "sections": list(sections),
            "footer": footer,
        }
    )
    return closed(html, say.langs[0])
