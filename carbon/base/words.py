"""Reads templates/words.toml, gives the words of people in Chinese or English.

A section of the file is a room; each of its words stands in both languages. Codes and their rules
stand in :mod:`carbon.base.codes`; whatever else a shopper, a merchant or an official reads is
asked for here by its key, so that no Python file holds a sentence in one language only.
"""

from __future__ import annotations

import csv
import locale
import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

from carbon.base.terms import Basis

__all__ = [
    "LANGUAGES",
    "Phrase",
    "basis_text",
    "category_text",
    "closed",
    "column_names",
    "default_language",
    "joined",
    "section",
    "sections",
    "spoken",
    "template_rows",
    "templates_root",
    "text",
]

LANGUAGES: Final = ("zh", "en")

Spoken = Mapping[str, str]
"""A word by language."""


@cache
def templates_root() -> Path:
    """Folder of the shipped templates and rule files.

    Returns: inside the package if it was installed from a wheel, else beside it.
    """
    here = Path(__file__).resolve().parents[1]
    installed = here / "templates"
    return installed if installed.is_dir() else here.parent / "templates"


def template_rows(folder: str, name: str) -> list[dict[str, str]]:
    """Rows of a shipped table, as ``catalogue`` and ``units.csv``."""
    with (templates_root() / folder / name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@cache
def sections() -> Mapping[str, Mapping[str, Spoken]]:
    """All words: section → key → language → word.

    Raises ValueError: if a word lacks a language.
    """
    with (templates_root() / "words.toml").open("rb") as file:
        content = tomllib.load(file)
    for name, words in content.items():
        for key, spoken in words.items():
            if set(spoken) != set(LANGUAGES):
                raise ValueError(f"words.toml: {name}.{key} needs {' and '.join(LANGUAGES)}")
    return MappingProxyType(content)


def section(name: str, lang: str) -> dict[str, str]:
    """Words of a section in one language.

    Returns: key → word.

    >>> section("severity", "zh")["error"]
    '错误'
    """
    return {key: spoken[lang] for key, spoken in sections()[name].items()}


def text(key: str, lang: str, **values: object) -> str:
    """A word in a language, filled with values.

    ``key``: section and key, as ``severity.error``; ``**values``: what stands in the word as
    ``{name}``. Raises KeyError: if there is no such word, or a value is missing.

    >>> text("problem.row", "zh", row=3), text("problem.row", "en", row=3)
    ('第 3 行', 'row 3')
    """
    word = _said(key)[lang]
    return word.format_map(values) if values else word


class Phrase:
    """A word in every language, of which a part is filled in: for many sentences that share it.

    ``key``: section and key, as ``severity.error``; ``**values``: what stands in the word as
    ``{name}`` in all of them; a mapping of language to word stands in its own.

    >>> met = Phrase("room.criterion", metric={"zh": "强度", "en": "intensity"})
    >>> met(value="3")["en"]
    'intensity 3: '
    >>> Phrase("room.criterion", metric="{value}")(value="3")["en"]
    '{value} 3: '
    """

    def __init__(self, key: str, **values: object) -> None:
        self._words: dict[str, str] = {}
        for lang, word in _said(key).items():
            shown = {f"{{{name}}}": _plain(str(each)) for name, each in _in(lang, values).items()}
            parts = _OPEN.split(word)
            self._words[lang] = "".join([shown.get(part, part) for part in parts])

    def __call__(self, **values: object) -> dict[str, str]:
        """The word with what was left open, in every language."""
        return {lang: word.format_map(values) for lang, word in self._words.items()}


_OPEN: Final = re.compile(r"(\{\w+\})")


def _plain(value: str) -> str:
    """A value in which nothing is filled in, whatever braces it holds."""
    return value.replace("{", "{{").replace("}", "}}")


def _in(lang: str, values: Mapping[str, object]) -> dict[str, object]:
    return {name: each[lang] if isinstance(each, dict) else each for name, each in values.items()}


def spoken(key: str, **values: object) -> dict[str, str]:
    """A word in every language, filled with values.

    ``key``: section and key, as ``severity.error``; ``**values``: what stands in the word as
    ``{name}``; a mapping of language to word stands in its own. Returns: language → word.

    >>> spoken("severity.error")
    {'zh': '错误', 'en': 'error'}
    """
    said = _said(key)
    if not values:
        return dict(said)
    return {lang: word.format_map(_in(lang, values)) for lang, word in said.items()}


@cache
def _said(key: str) -> Mapping[str, str]:
    """A word in every language, by its section and key."""
    name, _, word = key.partition(".")
    return {lang: sections()[name][word][lang] for lang in LANGUAGES}


def joined(parts: Sequence[Mapping[str, str]], between: str = "") -> dict[str, str]:
    """Words of every language, one after the other.

    ``parts``: as :func:`spoken` gives them; ``between``: key of what stands between them, as
    ``problem.comma``; nothing without.

    >>> joined([spoken("severity.error"), spoken("severity.note")], "problem.comma")["en"]
    'error, note'
    """
    signs = _said(between) if between else dict.fromkeys(LANGUAGES, "")
    return {lang: sign.join([part[lang] for part in parts]) for lang, sign in signs.items()}


def basis_text(basis: Basis | str, lang: str) -> str:
    """The basis of a footprint in words.

    ``basis``: edition, method, boundary and unit, or the text of them as a table holds it;
    ``lang``: one of :data:`LANGUAGES`; English is ``str(basis)``.

    >>> basis_text(Basis("2026.1+0123456789ab", "GWP100 AR6", "cradle-to-door"), "zh")
    '2026.1+0123456789ab | GWP100 AR6 | 从摇篮到买家门口 | 留存件'
    """
    words = section("basis", lang)
    parts = str(basis).split(" | ")
    return " | ".join(words.get(part.replace(" ", "-"), part) for part in parts)


def closed(words: str, lang: str) -> str:
    """A text with its percent signs as the language sets them.

    ``words``: numbers are followed by a space and the sign; ``lang``: one of :data:`LANGUAGES`; a
    Chinese sign follows its number.

    >>> closed("23\u00a0%", "zh"), closed("23 %", "en")
    ('23%', '23 %')
    """
    return re.sub(r"(?<=\d)[\u00a0 ]%", "%", words) if lang == "zh" else words


@cache
def column_names(lang: str) -> Mapping[str, str]:
    """Names of the columns of a catalogue, as people read them.

    Returns: column → name.

    >>> column_names("zh")["return_rate"], column_names("en")["return_rate"]
    ('退货率', 'return rate')
    """
    names = {
        row["column"]: row["zh"] if lang == "zh" else row["column"].replace("_", " ")
        for row in template_rows("catalogue", "columns.csv")
    }
    for key, word in section("label", lang).items():  # of columns that nobody fills in
        if key.startswith("column_"):
            names[key.removeprefix("column_")] = word
    return MappingProxyType(names)


def category_text(category: str, names: Mapping[str, str], lang: str) -> str:
    """Name of a category, or of one size of it.

    ``category``: as ``t_shirt`` or ``t_shirt/adult``.

    >>> category_text("t_shirt/child", {"t_shirt": "T恤"}, "zh")
    'T恤（儿童）'
    """
    name, slash, size = category.partition("/")
    known = names.get(name, name)
    sized = section("size", lang).get(size, size)
    return text("size.of", lang, category=known, size=sized) if slash else known


def default_language(environment: Mapping[str, str] | None = None) -> str:
    """The language of a command that names none.

    ``environment``: variables, those of the process if not given: ``CARBON_LANG``, then ``LC_ALL``,
    ``LC_MESSAGES`` and ``LANG``; without any, the locale of the system. Returns ``"zh"`` for a
    Chinese locale, ``"en"`` for any other or none.

    >>> default_language({"LANG": "zh_CN.UTF-8"}), default_language({"LANG": "C"})
    ('zh', 'en')
    >>> default_language({"CARBON_LANG": "en", "LANG": "zh_CN.UTF-8"})
    'en'
    """
    variables = os.environ if environment is None else environment
    names = ("CARBON_LANG", "LC_ALL", "LC_MESSAGES", "LANG")
    chosen = next((variables[name] for name in names if variables.get(name)), "")
    if not chosen and environment is None:
        chosen = locale.getlocale()[0] or ""
    return "zh" if chosen.casefold().startswith(("zh", "chinese")) else "en"
