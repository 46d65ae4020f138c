"""Reads net contents as packs print them, gives a mass [kg]; volumes by the category's density."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from carbon.base import units
from carbon.base.words import template_rows
from carbon.catalogue.prose.signs import any_of, sign, signs
from carbon.catalogue.prose.wording import LEFT_ALONE, Reading, tidy

__all__ = ["ContentProse"]

_LABEL: Final = re.compile(rf"^(?:{any_of('content')})\s*[:(]?\s*", re.I)
_ABOUT: Final = re.compile(any_of("about"), re.I)
_LITRES: Final[dict[str, float]] = sign("litres")
_UNTIL: Final = "|".join(map(re.escape, signs("until")))
_TOLERANCE: Final = re.compile(r"\s*(?:±|\+/-)\s*\d+(?:\.\d+)?\s*[^\d\s]*")
_AMOUNT: Final = (
    rf"(?P<low>\d+(?:\.\d+)?)\s*(?:{any_of('grams')}?\s*(?:{_UNTIL})\s*(?P<high>\d+(?:\.\d+)?))?\s*"
    rf"(?P<unit>{any_of('grams')}|{any_of('litres')})"
)
_PACKS: Final = any_of("packs")
_PATTERNS: Final = (
    re.compile(
        rf"^{_AMOUNT}\s*(?:/\s*{_PACKS}|{_PACKS})?\s*(?:[x×*]\s*(?P<n>\d+)\s*{_PACKS}?)?$", re.I
    ),
    re.compile(rf"^(?P<n>\d+)\s*{_PACKS}?\s*[x×*]\s*{_AMOUNT}\s*(?:/\s*{_PACKS})?$", re.I),
)
_COUNT_ONLY: Final = re.compile(rf"^\d+\s*{_PACKS}(?:\s*/\s*{_PACKS})?$", re.I)


@lru_cache(maxsize=1)
def _densities() -> dict[str, float]:
    """Category → kilograms a litre, for an edition that has no table of them (2026.1)."""
    rows = template_rows("catalogue", "densities.csv")
    return {row["category"]: float(row["kg_per_l"]) for row in rows}


_SPOKEN: Final = re.compile("^(?:半|两|[一二三四五六七八九十])(?=(?:公斤|市斤|斤|千克|克|毫升|升))")
"""A number of one character before a unit, as 半斤; 两 alone is a unit."""


def _numeral(character: str) -> str:
    return {"半": "0.5", "两": "2"}.get(character) or str(
        "一二三四五六七八九十".index(character) + 1
    )


class ContentProse:
    """Reader of net contents.

    ``unit_words``: merchants' words for units; ``densities``: category → kilograms a litre, as the
    edition has them.

    >>> content = ContentProse({})
    >>> content.read("200g*6").text, content.read("about 1 l", "beverage").text
    ('1.2 kg', '1.02 kg')
    >>> content.read("150-180 g"), content.read("1.7 l", "kettle").text
    (Reading(text='0.18 kg', code='C118', hint='taken at its upper end'), None)
    """

    def __init__(
        self, unit_words: dict[str, str], densities: dict[str, float] | None = None
    ) -> None:
        self.unit_words = unit_words
        self.densities = densities or _densities()

    def read(self, text: str, category: str = "") -> Reading:
        """Mass of a net content; a range counts at its upper end.

        ``category``: whose density makes a volume a mass.
        """
        clean = _LABEL.sub("", tidy(text))
        clean = re.sub(
            r"(?<=[A-Za-z])[xX](?=\d)", " x", re.sub(r"^[~\u2248\u2265>]+\s*", "", clean)
        )
        clean = re.sub(r"\s*[(\u3010][^()\u3010\u3011]*[)\u3011]\s*$", "", clean) or clean.strip(
            "()"
        )
        clean = _ABOUT.sub(" ", _TOLERANCE.sub("", clean.casefold()))
        clean = re.sub(r"\s+", " ", clean).strip(" ().:").removesuffix("装")
        clean = _SPOKEN.sub(lambda found: _numeral(found[0]), clean)
        if _COUNT_ONLY.match(clean):
            return Reading(None, "C120")
        total, ranged, volume = 0.0, False, False
        for part in re.split(r"\s*\+\s*", clean):
            match = next((matched for each in _PATTERNS if (matched := each.match(part))), None)
            if match is None:
                return LEFT_ALONE
            amount = float(match["high"] or match["low"])
            ranged |= bool(match["high"])
            if match["unit"] in _LITRES:
                density = self.densities.get(category)
                if density is None:
                    return LEFT_ALONE
                amount *= _LITRES[match["unit"]] * density
                volume = True
            else:
                scale = units.scale(match["unit"], "mass", self.unit_words)
                amount = amount * scale.multiply / scale.divide
            total += amount * int(match["n"] or 1)
        code, hint = ("C118", "taken at its upper end") if ranged else ("", "")
        if volume and not code:
            code = "C119"
        return Reading(f"{total:.12g} kg", code, hint)
