"""Reads a dossier, gives its first sheets: cover, and rule with the cells of formulas."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from carbon.base.digits import DASH
from carbon.base.rests import RESTS, rests_text
from carbon.base.words import basis_text
from carbon.incentive.dossier import Dossier, code_text, words
from carbon.incentive.vat_rules import NO_LAW, IntensityAtMost

__all__ = ["Front", "height"]

LINE: Final = 15.0
"""Height of a line of text [pt]."""


def height(texts: Sequence[object], widths: Sequence[float]) -> float:
    """Height of a row whose texts from column A on are wrapped [pt]; not every program finds it.

    ``widths`` are those of the columns [characters].

    >>> height(["a" * 30], [20]), height(["碳" * 15], [20]), height([1.0], [20])
    (30.0, 30.0, 15.0)
    """
    lines = [1]
    for each, width in zip(texts, widths, strict=False):
        if isinstance(each, str):
            size = sum(2 if character >= WIDE else 1 for character in each[:LONG])
            lines.append(math.ceil(SPARE * size / width))
    return LINE * max(lines)


COVER: Final = (44, 100)
RULE: Final = (34, 24, 14, 90)
"""Widths of the columns of the first sheets [characters]."""

WIDE: Final = "\u2e80"
"""From here on characters are twice as wide."""

LONG: Final = 2000
SPARE: Final = 1.05
"""Lines break between words, which leaves some of their width empty."""


def rests(dossier: Dossier) -> dict[str, float]:
    """What the emissions of all lines rest on: shares by column of a result [1]."""
    lines, table = dossier.assessment.lines, dossier.footprints
    shares = table.drop_duplicates("sku").set_index("sku").reindex(lines["sku"])
    kg = (lines["total_kg"] * lines["kept_units"]).to_numpy(dtype=float)
    known = np.isfinite(kg)
    if not kg[known].sum():
        return {}
    return {
        name: float((shares[name].to_numpy(dtype=float)[known] * kg[known]).sum() / kg[known].sum())
        for name in RESTS.values()
        if name in shares
    }


class Front:
    """Formats and first sheets of a workbook in constant-memory mode."""

    def __init__(self, book: Any, dossier: Dossier, lang: str) -> None:
        self.book, self.dossier, self.lang, self.words = book, dossier, lang, words(lang)
        currency, digits = dossier.rule.currency, dossier.rule.minor_digits
        money = "#,##0" + (f".{'0' * digits}" if digits else "")
        kinds = {
            "money": f'{money}" {currency}"',
            "exact": f'#,##0.{"0" * (digits + 6)}" {currency}"',
            "count": "#,##0",
            "rate": "0.00%",
            "share": "0%",
            "kg": "0.000000",
            "kg3": "#,##0.000",
            "intensity": "#,##0.00",
            "number": "General",
        }
        self.formats = {
            kind: book.add_format({"num_format": text, "valign": "top"})
            for kind, text in kinds.items()
        }
        head = {
            "bold": True,
            "bottom": 1,
            "text_wrap": True,
            "valign": "top",
            "bg_color": "#E8F0EA",
        }
        self.head = book.add_format(head)
        self.bold = book.add_format({"bold": True, "valign": "top"})
        self.title = book.add_format({"bold": True, "font_size": 16})
        self.wrap = book.add_format({"text_wrap": True, "valign": "top"})
        self.sums = {
            kind: book.add_format({"num_format": text, "bold": True, "top": 1})
            for kind, text in kinds.items()
        }

    def _put(self, sheet: Any, row: int, values: Sequence[object], *styles: Any) -> None:
        """One row of texts and numbers; a text never becomes a formula or markup."""
        for column, value in enumerate(values):
            style = styles[column] if column < len(styles) else self.wrap
            if isinstance(value, int | float):
                sheet.write_number(row, column, value, style)
            elif value != "":
                text = str(value)[:32_000]
                # a text between these tags would be taken for formatted text as it stands
                sheet.write_string(
                    row, column, f" {text}" if text.startswith("<r>") else text, style
                )

    def _line(
        self, sheet: Any, row: int, cells: Sequence[object], widths: Sequence[float], *styles: Any
    ) -> int:
        """Write a row as high as its wrapped cells; where the next one stands."""
        sheet.set_row(row, height(cells, widths))
        self._put(sheet, row, cells, *styles)
        return row + 1

    def _cite(self, part: Any) -> str:
        return str(part.cite_zh if self.lang == "zh" and part.cite_zh else part.cite)

    def rule(self) -> dict[str, Any]:
        """Write the sheet of the rule.

        Where its numbers stand, as ``lines_sheet.line_cells`` needs it.
        """
        name, rule, say = self.words["rule"], self.dossier.rule, self.words
        sheet = self.book.add_worksheet(name)
        for column, width in enumerate(RULE):
            sheet.set_column(column, column, width)
        sheet.fit_to_pages(1, 0)
        sheet.set_landscape()
        self._put(
            sheet,
            0,
            [say["condition"], say["bound"].capitalize(), say["kind"], say["factor_source"]],
            *[self.head] * 4,
        )
        at: dict[str, Any] = {"sheet": f"'{name}'!"}
        row = 1

        def put(label: str, value: object, kind: str, cite: str, style: Any, key: str = "") -> None:
            nonlocal row
            row = self._line(sheet, row, [label, value, kind, cite], RULE, self.bold, style)
            if key:
                at[key] = f"'{name}'!$B${row}"
                at[f"{key} row"] = row

        measure = f"{say['rate']} ({say[rule.relief.measure]})"
        relief = float(rule.relief.rate)
        put(
            measure,
            relief,
            say[rule.relief.kind],
            self._cite(rule.relief),
            self.formats["rate"],
            "relief",
        )
        for key, cap in (("cap_sku", rule.caps.per_sku), ("cap_taxpayer", rule.caps.per_taxpayer)):
            value = say["no_cap"] if cap is None else float(cap)
            put(say[key], value, "", "", self.formats["money"], key)
        for condition in rule.condition:
            predicate = condition.predicate
            cite = self._cite(condition)
            kind, bound = say[condition.kind], getattr(condition, "bound", "")
            shown = float(bound) if hasattr(bound, "as_tuple") else bound
            shown = " ".join(shown) if isinstance(shown, list) else shown
            put(say[predicate], shown, kind, cite, self.formats["number"], predicate)
            if isinstance(condition, IntensityAtMost):
                rows = {}
                for category, category_bound in sorted(condition.category_bounds.items()):
                    put(f"  {category}", float(category_bound), kind, "", self.formats["number"])
                    rows[category] = row
                at[f"{predicate} rows"] = rows
        if rule.target is not None:
            cite, kind = self._cite(rule.target), say[rule.target.kind]
            put(say["target"], -float(rule.target.reduction), kind, cite, self.formats["share"])
        for label, value in (
            (say["tax_name"], rule.tax_zh if self.lang == "zh" else rule.tax),
            (say["prices"], say[rule.prices]),
            (say["rounding"], f"{say[rule.rounding.mode]}, {say[rule.rounding.level]}"),
            (say["negative_base"], say[rule.negative_base]),
            (say["currency"], rule.currency),
        ):
            put(label, value, "", "", self.wrap)
        return at

    def cover(self, sheet: Any, total: str) -> None:
        """Write the cover on an empty sheet.

        ``total`` is the cell of the relief of all taxpayers.
        """
        dossier, say, zh = self.dossier, self.words, self.lang == "zh"
        rule, totals = dossier.rule, dossier.assessment.totals
        for column, width in enumerate(COVER):
            sheet.set_column(column, column, width)
        sheet.fit_to_pages(1, 0)
        sheet.hide_gridlines(2)
        law = say["none_on_file"] if rule.legal_basis == NO_LAW else rule.legal_basis
        period = (
            f"{dossier.period.name}  ({dossier.period.first} {say['to']} {dossier.period.last})"
        )
        rows: list[tuple[str, object]] = [
            (say["rule_title"], rule.title_zh if zh else rule.title),
            (say["jurisdiction"], rule.jurisdiction_zh if zh else rule.jurisdiction),
            (say["legal_basis"], law),
            ("", rule.legal_note_zh if zh else rule.legal_note),
            (say["period"], period),
            (say["basis"], basis_text(dossier.basis, self.lang)),
            (say["program"], dossier.program),
            (say["rests"], rests_text(rests(dossier), self.lang) or DASH),
            (say["taxpayer"], len(totals)),
            (say["lines"], len(dossier.assessment.lines)),
        ]
        self._put(sheet, 0, [say["title"]], self.title)
        row = 2
        for label, value in rows:
            left = self.book.add_format({"align": "left"}) if isinstance(value, int) else self.wrap
            row = self._line(sheet, row, [label, value], COVER, self.bold, left)
        money = self.book.add_format(
            {
                "bold": True,
                "font_size": 14,
                "align": "left",
                "num_format": self.formats["money"].num_format,
            }
        )
        self._put(sheet, row, [say["relief"]], self.bold)
        granted = sum(int(value) for value in totals["relief"])
        sheet.write_formula(row, 1, f"={total}", money, granted / 10**rule.minor_digits)
        row += 2
        notes = ["statement_unknown", "statement_formulas", "statement_emissions"]
        notes += ["statement_exchanges"] if dossier.exchanges is None else []
        for note in notes:
            row = self._line(sheet, row, ["", say[note]], COVER)
        self._put(sheet, row + 1, [say["inputs"], say["sha256"]], self.head, self.head)
        row += 2
        for source in dossier.sources:
            cells = [f"{say[f'role_{source.role}']}: {source.file}", source.sha256]
            row = self._line(sheet, row, cells, COVER)
        counts: Any = (
            dossier.problems["code"].value_counts().sort_index() if len(dossier.problems) else {}
        )
        self._put(sheet, row + 1, [say["settled"], say["rule_broken"]], self.head, self.head)
        row += 2
        for code, count in dict(counts).items():
            cells = [f"{code}  × {count}", code_text(str(code), self.lang)]
            row = self._line(sheet, row, cells, COVER)
