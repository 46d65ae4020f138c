"""Reads template folders, gives designs that put the facts of a SKU on paper or a screen [mm, px].

A folder holds ``label.toml`` (size, colours, words, and which texts must fit where) and Jinja
templates for a picture and a page. Folders of others are read with the same bounds as our own:
see :mod:`carbon.paper.page`.
"""

from __future__ import annotations

import hashlib
import json
import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from markupsafe import Markup
from pydantic import Field, StringConstraints

from carbon.base.errors import RuleError
from carbon.base.rules import Rules, load, templates_root
from carbon.base.terms import BOUNDARIES
from carbon.base.words import column_names, section
from carbon.label.link import qr
from carbon.label.phrases import joined, phrases, sentence
from carbon.label.scale import Scale
from carbon.paper.markup import DATA, PICTURE, still_page, still_picture
from carbon.paper.page import PageTemplate, folder, page
from carbon.paper.text import plain, width, wrapped

__all__ = ["DESIGNS", "LANGUAGES", "Design", "load_design", "load_words"]

DESIGNS: Final = ("badge", "label", "sheet", "overlay-portrait", "overlay-landscape")
"""Shipped template folders of labels."""

LANGUAGES: Final = ("zh", "en")
TAGS: Final = {"zh": "zh-Hans", "en": "en"}
DRAWING, PAGE = "picture.svg.j2", "page.html.j2"
CONSTANT: Final = re.compile(r"\{\{ ((?:colour\.)?[A-Za-z0-9_-]+) \}\}")
TAG: Final = re.compile(r"\{[%#].*?[%#]\}|\{\{.*?\}\}|<[^>]*>", re.DOTALL)

Colour = Annotated[str, StringConstraints(pattern=r"^#[0-9a-f]{6}$")]
Key = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,40}$")]
Word = Annotated[str, StringConstraints(max_length=500, strip_whitespace=False)]


class Fit(Rules):
    """A text and the room it must fit into, in the unit of the design."""

    text: Annotated[str, StringConstraints(pattern=r"^[fw]\.[A-Za-z0-9_-]+$")]
    size: Annotated[float, Field(gt=0, le=1000)]
    room: Annotated[float, Field(gt=0, le=10_000)]
    lines: Annotated[int, Field(ge=1, le=50)] = 1
    bold: bool = False
    shrink: bool = False


class Words(Rules):
    """Words by their keys, in each language."""

    zh: dict[str, Word] = Field(default_factory=dict)
    en: dict[str, Word] = Field(default_factory=dict)


class DesignRules(Rules):
    """``label.toml``."""

    name: Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,40}$")]
    title_zh: Word
    title_en: Word
    unit: Literal["mm", "px"]
    width: Annotated[float, Field(gt=0, le=4000)]
    height: Annotated[float, Field(gt=0, le=4000)]
    smallest: Annotated[float, Field(gt=0)]
    colours: dict[Key, Colour]
    contrast: list[tuple[Key, Key]] = Field(default_factory=list)
    fit: dict[Key, Fit] = Field(default_factory=dict)
    words: Words = Words()


@dataclass(frozen=True, eq=False)
class Design:
    """A template folder that was read and understood.

    - ``sheet``: what ``label.toml`` says
    - ``words``: words by language, those of the folder before the shared ones
    - ``picture``, ``page``: the SVG, and the HTML if the folder has one
    - ``sha256``: of all that the folder and the shared words say
    - ``source``: templates by name
    - ``ours``: shipped with the program
    """

    sheet: DesignRules
    words: Mapping[str, Mapping[str, str]]
    picture: PageTemplate
    page: PageTemplate | None
    sha256: str
    source: Mapping[str, str]
    ours: bool = False

    @property
    def texts(self) -> list[str]:
        """Every text of the folder that is printed whatever the SKU: for the claims linter."""
        spoken = [
            text for lang in (self.sheet.words.zh, self.sheet.words.en) for text in lang.values()
        ]
        bare = [" ".join(TAG.sub("\n", text).split()) for text in self.source.values()]
        return [*spoken, *bare]

    def values(
        self, fact: Mapping[str, Any], scale: Scale, langs: Sequence[str]
    ) -> dict[str, object]:
        """What the templates are filled with, in one or both languages, the first one first.

        ``f`` the facts (a row of :func:`carbon.label.facts.facts`), ``w`` words in all languages
        asked for, ``words`` by language, ``fit`` texts in lines, ``stages``, ``scale``, ``qr``,
        ``colour``, ``title``, ``desc``.
        """
        first = self.words[langs[0]]
        known = dict(fact)
        known["sku"] = plain(str(fact["sku"]))
        known["category"] = " ".join(str(fact[f"category_{lang}"]) for lang in langs)
        known["shown_name"] = known["name"] or known["category"]
        spoken = self._spoken(tuple(langs))
        known |= phrases(known, spoken, {lang: self.words[lang] for lang in langs})
        sheet = self.sheet
        stages = [
            {
                "at": position,
                "key": stage,
                "word": spoken[f"stage_{stage}"],
                "share": known[f"{stage}_share"],
                "kg": known[f"{stage}_kg"],
                "low": known.get(f"{stage}_low", ""),
                "high": known.get(f"{stage}_high", ""),
                "bar": _bar(known[f"{stage}_share"]),
            }
            for position, stage in enumerate(BOUNDARIES[str(fact["boundary"])])
        ]
        code = qr(str(known["code"]))
        return {
            "f": known,
            "w": spoken,
            "words": self.words,
            "id": f"c{zlib.crc32(str(fact['sku']).encode('utf-8', 'replace')):08x}{sheet.name[:1]}",
            "langs": list(langs),
            "lang": TAGS[langs[0]],
            "both": len(langs) > 1,
            "fit": {key: _fit(fitting, known, spoken) for key, fitting in sheet.fit.items()},
            "stages": stages,
            "scale": _letters(scale, str(fact["best"]), str(fact["worst"]), first["percent"]),
            "percent": first["percent"],
            "qr": {"size": code[0], "path": code[1]},
            "colour": sheet.colours,
            "width": sheet.width,
            "height": sheet.height,
            "title": f"{first['title']}{first['colon']}{known['shown_name']}",
            "desc": sentence(known, first, stages),
        }

    @cache  # noqa: B019  a design lives as long as the run
    def _spoken(self, langs: tuple[str, ...]) -> dict[str, str]:
        """Words of all languages asked for, one behind the other."""
        keys = self.words[langs[0]]
        return {key: joined([self.words[lang][key] for lang in langs]) for key in keys}

    def svg(self, values: Mapping[str, object]) -> str:
        """The picture; L001, L002 or L004 if the template does what it must not."""
        text = self.picture.render(values)
        # ours are checked by the tests; what a template writes does not depend on the goods
        return text if self.ours else still_picture(text, self.picture.file)

    def html(self, values: Mapping[str, object], svg: str, data: str) -> str:
        """The page: the picture in it, and its data for machines (JSON-LD).

        L001 or L002 if the template does what it must not, L003 if there is none.
        """
        if self.page is None:
            raise RuleError("L003", f"no {PAGE}", file=self.picture.file)
        if self.ours:
            inside = {"picture": Markup(svg), "data": Markup(data)}  # noqa: S704  our own
            return self.page.render({**values, **inside})
        places = {"picture": Markup(f"<{PICTURE}></{PICTURE}>"), "data": DATA}  # noqa: S704
        text = self.page.render({**values, **places})
        return still_page(text, self.page.file, svg, data)


@cache
def _columns() -> Words:
    """Names of the catalogue's columns, as templates ask for them."""
    zh, en = (
        {f"column_{column}": name for column, name in column_names(lang).items()}
        for lang in ("zh", "en")
    )
    return Words(zh=zh, en=en)


@cache
def load_words() -> Words:
    """Words that all designs share.

    >>> load_words().zh["returns"]
    '因退货增加'
    """
    return Words(zh=section("label", "zh"), en=section("label", "en"))


def load_design(name: str | Path) -> Design:
    """Read a template folder: one of :data:`DESIGNS`, or a path.

    L001 to L003 if a template is not there or not allowed, L012 if a design is not known or asks
    for what does not exist, P001 to P003 if ``label.toml`` cannot be read.

    >>> load_design("label").sheet.width
    68.0
    """
    path = templates_root() / str(name) if str(name) in DESIGNS else Path(name)
    if not path.is_dir():
        raise RuleError("L012", f"known: {', '.join(DESIGNS)}", value=str(name)[:80])
    sheet = load(path / "label.toml", DesignRules)
    shared = load_words()
    layers = (_columns(), shared, sheet.words)
    words = {
        lang: {key: word for layer in layers for key, word in getattr(layer, lang).items()}
        for lang in LANGUAGES
    }
    missing = set(words["zh"]) ^ set(words["en"])
    missing |= {key for pair in sheet.contrast for key in pair} - set(sheet.colours)
    if missing:
        raise RuleError("L012", file=str(path / "label.toml"), value=min(missing))
    source = folder(path)
    content = json.dumps([sheet.model_dump(mode="json"), words, source], sort_keys=True)
    # what is the same on every label is put in once
    same = {f"colour.{key}": value for key, value in sheet.colours.items()}
    same |= {"width": f"{sheet.width:g}", "height": f"{sheet.height:g}"}
    source = {
        name: CONSTANT.sub(lambda match: same.get(match[1], match[0]), text)
        for name, text in source.items()
    }
    drawn = page(source, DRAWING, str(path / DRAWING))
    html = page(source, PAGE, str(path / PAGE)) if PAGE in source else None
    ours = str(name) in DESIGNS
    sha256 = hashlib.sha256(content.encode()).hexdigest()
    return Design(sheet, words, drawn, html, sha256, source, ours)


def _letters(scale: Scale, best: str, worst: str, percent: str) -> list[dict[str, object]]:
    """The scale: its letters with the ratios they take, and which ones are meant.

    ``percent`` is the sign, as the language sets it.
    """
    bounds = [f"{bound * 100:.4g}{percent}" for bound in scale.bounds]
    spans = [f"≤ {bound}" for bound in bounds] + [f"> {bounds[-1]}"]
    first, last = (scale.letters.index(end) if end else -1 for end in (best, worst))
    return [
        {"at": position, "letter": letter, "bound": span, "active": first <= position <= last}
        for position, (letter, span) in enumerate(zip(scale.letters, spans, strict=True))
    ]


def _bar(share: str) -> float:
    """Length of a bar, from 0 to 1."""
    return min(max(float(share), 0.0), 100.0) / 100 if share and share != "<1" else 0.0


def _fit(fitting: Fit, known: Mapping[str, Any], words: Mapping[str, str]) -> dict[str, object]:
    kind, _, key = fitting.text.partition(".")
    source = known if kind == "f" else words
    if key not in source:
        raise RuleError("L012", value=fitting.text)
    return _fitted(str(source[key]), fitting)


@lru_cache(maxsize=4096)
def _fitted(text: str, fitting: Fit) -> dict[str, object]:
    """Most texts of a label are the same on the next one."""
    size = fitting.size
    if fitting.shrink:
        size = min(size, size * fitting.room / max(width(text, size, bold=fitting.bold), 1e-9))
        return {"lines": [text], "size": round(size, 3)}
    return {
        "lines": wrapped(text, size, fitting.room, fitting.lines, bold=fitting.bold),
        "size": size,
    }
