"""Reads a merchant's mapping of words, gives a vocabulary with them and what it lacks."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Final

import pandas as pd

from carbon.base import units
from carbon.base.errors import CatalogueError
from carbon.base.files import NO_ENCODING, decoded, digest, read_bounded
from carbon.catalogue.columns import COLUMNS, LINE_COLUMNS
from carbon.catalogue.names import key, nearest
from carbon.catalogue.prose.signs import sign
from carbon.catalogue.prose.wording import pieces, tidy
from carbon.catalogue.schema import Catalogue, Vocabulary

__all__ = ["MOST_SEARCHED", "learned", "mapped", "read_mapping", "reading_of", "rewordings"]

LARGEST: Final = 10_000_000
"""Bytes of a mapping."""

MOST_SEARCHED: Final = 300
"""Unknown words for which candidates are looked for; it is costly among 14,000 places."""

_CANDIDATES: Final = 3
_ALIKE: Final = 0.6

_NAMED: Final = ("category", "material", "item", "mode", "region", "fuel")
_KIND_OF: Final = {
    **dict.fromkeys(("C010", "C017", "C024"), "category"),
    **dict.fromkeys(("C201", "C209"), "material"),
    **dict.fromkeys(("C211", "C213"), "item"),
    "C221": "mode",
    **dict.fromkeys(("C231", "C234"), "region"),
    "C114": "fuel",
    "C103": "unit",
    "C007": "header",
}
"""Code of a problem → the kind of word that was not understood."""

_AMOUNT: Final = re.compile(
    r"[-+]?[0-9][0-9.,]*\s*(?:%|‰|kg|mg|g|km|trips?|times|[x×*]|\b)\s*|[()\[\]:=]", re.I
)


def _ids(name: str) -> dict[str, str]:
    """Folded word of either language → what it stands for."""
    return {key(word): item for item, words in sign(name).items() for word in words}


def reading_of(map: Path | str | None, preset: str) -> dict[str, str]:  # noqa: A002  see Study
    """How a catalogue is read where it is not as usual: the mapping's SHA-256, and the preset.

    ``map``, ``preset``: as for :class:`carbon.study.Study`.

    >>> reading_of(None, ""), reading_of(None, "shopify")
    ({}, {'preset': 'shopify'})
    """
    stated = {"map": digest(Path(map)) if map else "", "preset": preset}
    return {name: value for name, value in stated.items() if value}


def read_mapping(path: Path | str, vocabulary: Vocabulary) -> pd.DataFrame:
    """Words of a mapping.

    ``path``: CSV with the columns ``kind, word, meaning``, in English or Chinese, as ``carbon check
    --learn`` writes it; rows without a meaning are left out; ``vocabulary``: in which the meanings
    must stand. Returns ``kind, alias, id``, as the words of a vocabulary. Raises C025 for a kind or
    meaning that is not known, C001, C004 and C011 for the file.
    """
    place = Path(path)

    def fault(detail: str) -> CatalogueError:
        code = "C004" if detail == NO_ENCODING else "C001"
        return CatalogueError(code, detail, file=place.name)

    text = decoded(read_bounded(place, fault, LARGEST), fault)
    try:
        lines = list(csv.reader(io.StringIO(text, newline="")))
    except csv.Error as error:
        raise CatalogueError("C011", str(error), file=place.name) from None
    columns, kinds = _ids("mapping_columns"), _ids("mapping_kinds")
    head = [columns.get(key(cell), "") for cell in lines[0]] if lines else []
    if not {"kind", "word", "meaning"} <= set(head):
        raise CatalogueError("C025", "columns kind, word, meaning", file=place.name, row=1)
    words = []
    for number, cells in enumerate(lines[1:], start=2):
        row = dict(zip(head, (cell.strip() for cell in cells), strict=False))
        if not row.get("word") or not row.get("meaning"):
            continue
        kind = kinds.get(key(row.get("kind", "")), "")
        meaning = _meant(kind, row["meaning"], vocabulary) if kind else ""
        if not meaning:
            raise CatalogueError(
                "C025",
                f"{row.get('kind', '')[:80]}: {row['meaning'][:80]}",
                file=place.name,
                row=number,
                value=row["word"][:80],
            )
        words.append((f"map.{kind}", row["word"], meaning))
    return pd.DataFrame(words, columns=["kind", "alias", "id"], dtype="str")


def _meant(kind: str, meaning: str, vocabulary: Vocabulary) -> str:
    """What a meaning stands for; empty if it is nothing known."""
    if kind in _NAMED:
        names = vocabulary.names(kind)
        code = names.code(meaning)
        return names.ids[code] if code >= 0 else ""
    if kind == "unit":
        words = vocabulary.unit_words
        known = (units.scale(meaning, base, words).code == "" for base in units.BASE_UNITS)
        return meaning if any(known) else ""
    lines = {name for columns in LINE_COLUMNS.values() for name in columns}
    known_headers = {key(name): name for name in (*lines, *COLUMNS)}
    spoken = {key(alias): name for alias, name in vocabulary.words_of("header").items()}
    return known_headers.get(key(meaning)) or spoken.get(key(meaning), "")


def mapped(vocabulary: Vocabulary, words: pd.DataFrame) -> Vocabulary:
    """A vocabulary that knows a merchant's words too; they go before its own.

    ``words``: as :func:`read_mapping` gives them.

    >>> vocabulary = Vocabulary.of(categories=pd.DataFrame({"category": ["bag"]}))
    >>> words = pd.DataFrame({"kind": ["map.category"], "alias": ["Tote No. 5"], "id": ["bag"]})
    >>> mapped(vocabulary, words).names("category").code("tote no. 5")
    0
    """
    if words.empty:
        return vocabulary
    known = vocabulary.words.assign(lang=vocabulary.words.get("lang", ""))
    return replace(vocabulary, words=pd.concat([known, words.assign(lang="")], ignore_index=True))


def learned(catalogue: Catalogue, vocabulary: Vocabulary, lang: str = "en") -> pd.DataFrame:
    """Words of a catalogue that were not understood, each once, the most frequent first.

    ``lang``: ``"zh"`` or ``"en"``: that of headers, kinds and candidates. Returns ``kind, word,
    meaning, rows, candidates``; the meaning is for the merchant to fill.
    """
    counts: Counter[tuple[str, str]] = Counter()
    spelled: dict[tuple[str, str], str] = {}
    table = catalogue.problems
    table = table[table["code"].isin(list(_KIND_OF))]
    counted = table.groupby(["code", "column", "value"], sort=False).size().reset_index(name="rows")
    for row in counted.to_dict("records"):
        kind = _KIND_OF[str(row["code"])]
        text = str(row["column"] if kind == "header" else row["value"])
        for word in _unknown(kind, text, vocabulary):
            counts[kind, key(word)] += int(row["rows"])
            spelled.setdefault((kind, key(word)), word)
    at = 1 if lang == "zh" else 0
    kinds = {item: words[at] for item, words in sign("mapping_kinds").items()}
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    lines = [
        (
            kinds[kind],
            spelled[kind, folded],
            "",
            rows,
            " | ".join(_candidates(kind, folded, vocabulary, lang) if n < MOST_SEARCHED else []),
        )
        for n, ((kind, folded), rows) in enumerate(ordered)
    ]
    return pd.DataFrame(lines, columns=[words[at] for words in sign("mapping_columns").values()])


def _unknown(kind: str, text: str, vocabulary: Vocabulary) -> list[str]:
    """Words of a cell that the vocabulary does not know, without the amounts beside them."""
    if kind in ("category", "header"):
        return [text.strip()] if text.strip() else []
    if kind == "unit":
        unit = re.sub(r"^[-+0-9.,\s]+", "", tidy(text))
        return [unit] if unit else []
    words = [_AMOUNT.sub(" ", piece).strip(" .,-") for piece in pieces(tidy(text))]
    names = vocabulary.names(kind)
    return [word for word in dict.fromkeys(words) if word and names.code(word) < 0]


def rewordings(kind: str, text: str, vocabulary: Vocabulary, lang: str = "en") -> list[str]:
    """A cell with its first unknown word replaced by each of the words that may be meant.

    ``kind``: ``material`` or ``item``; ``lang``: ``"zh"`` or ``"en"``: that of the words.

    >>> from carbon import Study
    >>> rewordings("material", "cottn 95%; elastane 5%", Study().vocabulary)[0]
    'cotton 95%; elastane 5%'
    """
    text = tidy(text)
    for word in _unknown(kind, text, vocabulary):
        if word in text:
            found = _candidates(kind, key(word), vocabulary, lang)
            return [text.replace(word, each, 1) for each in found]
    return []


def _candidates(kind: str, word: str, vocabulary: Vocabulary, lang: str) -> list[str]:
    """What a word may mean: its known meanings, else the names within it and those most alike."""
    if kind not in _NAMED:
        return []
    names = vocabulary.names(kind)
    ids = list(vocabulary.asks(kind).get(word, ()))
    least = 4 if word.isascii() else 1
    inside = [alias for alias in names.codes if len(alias) >= least and alias in word]
    inside.sort(key=lambda alias: (-len(alias), -word.rfind(alias), alias))
    alike = nearest(word, names.codes, _ALIKE, _CANDIDATES)
    ids += [names.ids[names.codes[alias]] for alias in (*inside[:_CANDIDATES], *alike)]
    ids = list(dict.fromkeys(ids))[:_CANDIDATES]
    if lang != "zh":
        return ids
    return [_spoken(kind, vocabulary).get(item, item) for item in ids]


def _spoken(kind: str, vocabulary: Vocabulary) -> dict[str, str]:
    """Id → Chinese name."""
    tables = {
        "category": (vocabulary.categories, "category"),
        "material": (vocabulary.materials, "material"),
        "item": (vocabulary.packaging_items, "item"),
        "mode": (vocabulary.modes, "mode"),
        "region": (vocabulary.regions, "location"),
    }
    if kind not in tables or "name_zh" not in tables[kind][0]:
        return {}
    frame, column = tables[kind]
    return dict(zip(frame[column].astype(str), frame["name_zh"].astype(str), strict=True))
