"""Reads codes.csv and details.csv, gives what every failure says, in two languages."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

__all__ = ["CODES", "SEVERITIES", "Code", "detail_in"]

SEVERITIES: Final = ("error", "warning", "note")
"""The file or the SKU is not computed; it is computed and flagged; told, nothing more."""


@dataclass(frozen=True)
class Code:
    """A stable error code."""

    severity: str  # one of :data:`SEVERITIES`
    rule: str
    remedy: str
    rule_zh: str = ""
    remedy_zh: str = ""
    example: str = ""  # an input that breaks the rule; empty where no single cell does

    def rule_in(self, lang: str) -> str:
        """The rule in a language; English where a code has no Chinese.

        >>> CODES["C101"].rule_in("zh"), CODES["C101"].rule_in("en")
        ('此处应为数字', 'a number was expected')
        """
        return (self.rule_zh or self.rule) if lang == "zh" else self.rule

    def remedy_in(self, lang: str) -> str:
        """The remedy in a language; English where a code has no Chinese."""
        return (self.remedy_zh or self.remedy) if lang == "zh" else self.remedy


_FIELDS: Final = ("severity", "rule_en", "remedy_en", "rule_zh", "remedy_zh", "example")


@cache
def _read() -> dict[str, Code]:
    path = Path(__file__).with_name("codes.csv")
    with path.open(encoding="utf-8", newline="") as file:
        return {row["code"]: Code(*(row[name] for name in _FIELDS)) for row in csv.DictReader(file)}


class _Codes(Mapping[str, Code]):
    """The table, read when it is first asked."""

    def __getitem__(self, code: str) -> Code:
        return _read()[code]

    def __iter__(self) -> Iterator[str]:
        return iter(_read())

    def __len__(self) -> int:
        return len(_read())

    def __contains__(self, code: object) -> bool:
        return code in _read()


CODES: Final[Mapping[str, Code]] = _Codes()
"""Code → what it says, in the order of the documentation."""


@cache
def _details() -> list[tuple[re.Pattern[str], str]]:
    """Patterns of what was found, the most special first, with their Chinese."""
    path = Path(__file__).with_name("details.csv")
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [
        (re.compile(re.escape(row["en"]).replace(r"\{\}", "(.+?)"), re.DOTALL), row["zh"])
        for row in rows
    ]


def detail_in(detail: str, lang: str) -> str:
    """What was found, in a language.

    ``detail``: English, as an error carries it. Returns: Chinese by the patterns of
    ``details.csv``; names and lists that have none stay.

    >>> detail_in("more than 100 bytes", "zh"), detail_in("goods.csv", "zh")
    ('超过 100 字节', 'goods.csv')
    """
    if lang == "zh":
        for pattern, chinese in _details():
            match = pattern.fullmatch(detail)
            if match:
                return chinese.format(*match.groups())
    return detail
