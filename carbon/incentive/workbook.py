"""Reads a dossier, gives its workbook: every amount and total a formula with its value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from carbon.base.problems import retold
from carbon.base.terms import STAGES
from carbon.incentive.cell_words import in_chinese
from carbon.incentive.cover_sheet import Front, height
from carbon.incentive.dossier import Dossier, words
from carbon.incentive.intensity import EFFECTS
from carbon.incentive.lines_sheet import line_cells, total_formulas
from carbon.incentive.sheet_rows import SHEET_ROWS, SheetColumn, letters, write_rows

__all__ = ["write_workbook"]

WIDE: Final = {"taxpayer": 24, "sku": 16, "certificate": 34, "problem": 18, "activity": 36}
WIDE_MORE: Final = {"cite": 60, "rule_broken": 52, "remedy": 52, "factor_source": 26, "value": 30}
WIDTHS: Final = WIDE | WIDE_MORE
WIDTH_OF: Final = {"money": 19, "exact": 26, "kg": 15, "kg3": 16}
"""Widths of columns by the kind of their numbers; others have 13 characters."""

PLAIN: Final = 13
TOTALS: Final = (
    *("taxpayer", "line_count", "eligible", "units", "returned_units", "kept_units", "revenue"),
    *("refund", "net", "base", "tax", "relief_lines", "exact", "relief_once", "difference"),
    *("granted", "relief", "emissions_kg", "known_base", "intensity", "coverage"),
)
STAGE_COLUMNS: Final = tuple(f"{stage}_kg" for stage in STAGES)


def write_workbook(dossier: Dossier, path: Path, lang: str, created: datetime) -> None:
    """Write the workbook of a dossier.

    ``created`` stands in the properties of the file, so that the same dossier gives the same bytes.
    """
    import xlsxwriter
    from xlsxwriter.exceptions import XlsxFileError

    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    try:
        with xlsxwriter.Workbook(path, {**options, "strings_to_numbers": False}) as book:
            book.set_properties({"created": created, "title": words(lang)["title"]})
            book.set_calc_mode("auto")
            _Book(book, dossier, lang).write()
    except XlsxFileError as error:  # a full disk
        raise OSError(str(error)) from None


class _Book(Front):
    """A workbook while it is written."""

    def write(self) -> None:
        """All sheets, in the order of a reader: the cover is first and written with the totals."""
        assessment, rule = self.dossier.assessment, self.dossier.rule
        cover = self.book.add_worksheet(self.words["cover"])
        at = self.rule()
        summary = self.book.add_worksheet(self.words["summary"])
        inventory, row_of = self._planned()
        cells = line_cells(
            assessment.lines, rule, at, self.formats.__getitem__, (inventory, row_of)
        )
        parts = self._table("lines", cells)
        total = self._summary(summary, parts, list(cells), at)
        self._inventory()
        self._factors()
        self._changes()
        self._intensity()
        self._problems()
        self.cover(cover, total)

    def _table(self, key: str, columns: Mapping[str, SheetColumn]) -> list[tuple[str, int, int]]:
        """Write a table on as many sheets as it needs; name, first and last line of each."""
        count = len(next(iter(columns.values())).values)
        if self.lang == "zh":
            columns = {
                name: replace(cells, values=in_chinese(name, cells.values, self.dossier.titles))
                for name, cells in columns.items()
            }
        parts = []
        room = SHEET_ROWS - 1
        for number, start in enumerate(range(0, max(count, 1), room)):
            stop = min(start + room, count)
            name = self.words.get(f"{key}_sheet", self.words[key])
            name = name if number == 0 else f"{name} {number + 1}"
            sheet = self._sheet(name, columns)
            cut = slice(start, stop)
            some = [
                SheetColumn(
                    cells.values[cut],
                    cells.formula,
                    cells.style,
                    {row: np.asarray(rows)[cut] for row, rows in cells.rows.items()},
                )
                for cells in columns.values()
            ]
            write_rows(sheet, 1, some)
            sheet.autofilter(0, 0, max(stop - start, 1), len(columns) - 1)
            parts.append((name, start, stop))
        return parts

    def _sheet(self, name: str, columns: Mapping[str, SheetColumn], sheet: Any = None) -> Any:
        sheet = sheet if sheet is not None else self.book.add_worksheet(name)
        sheet.freeze_panes(1, 2)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0)
        kinds = {id(style): kind for kind, style in self.formats.items()}
        labels, widths = [], []
        for at, (key, cells) in enumerate(columns.items()):
            first, _, part = key.partition(" ")
            width = WIDTH_OF.get(kinds.get(id(cells.style), ""), PLAIN)
            widths.append(WIDTHS.get(key, width))
            sheet.set_column(at, at, widths[-1])
            labels.append(
                self.words[first]
                + (f"{': ' if self.lang == 'en' else '：'}{self.words[part]}" if part else "")
            )
        sheet.set_row(0, height(labels, widths))
        for at, label in enumerate(labels):
            sheet.write_string(0, at, label, self.head)
        return sheet

    def _planned(self) -> tuple[str, Any]:
        """Formula and rows of the footprint of each line on the sheet of inventories."""
        lines, table = self.dossier.assessment.lines, self.dossier.footprints
        if len(table) >= SHEET_ROWS:
            return "", np.zeros(len(lines), dtype=np.int64)
        single = table[~table["sku"].duplicated()]
        at = pd.Index(single["sku"].astype("object")).get_indexer(lines["sku"].astype("object"))
        known = (at >= 0) & lines["total_kg"].notna().to_numpy()
        place = np.flatnonzero(~table["sku"].duplicated().to_numpy())
        column = letters(list(self._inventory_columns()).index("total_kg"))
        rows = np.where(known, place[at] + 2, 0) if len(place) else np.zeros(len(lines), np.int64)
        return f"'{self.words['inventory']}'!${column}${{i}}", rows

    def _inventory_columns(self) -> list[str]:
        table = self.dossier.footprints
        more = ["low_kg", "high_kg", "dear_kg", "supplier_kg", "primary_share", "documented_share"]
        more += ["evidence", "reason", "dqr", "defaulted", "ask_first", "match"]
        columns = ["sku", "category", *STAGE_COLUMNS, "total_kg", *more, "problem"]
        return [name for name in columns if name in table]

    def _inventory(self) -> None:
        """One row a SKU: its stages and their sum; and every exchange if a sheet holds them."""
        table, exchanges = self.dossier.footprints, self.dossier.exchanges
        names = self._inventory_columns()
        col = {name: letters(at) for at, name in enumerate(names)}
        known = table["total_kg"].notna().to_numpy()
        cells: dict[str, SheetColumn] = {}
        for name in names:
            values = table[name]
            kind = {"primary_share": "share", "documented_share": "share", "dqr": "intensity"}.get(
                name, "kg"
            )
            numeric = pd.api.types.is_numeric_dtype(values.dtype)
            cells[name] = SheetColumn(
                values.to_numpy() if numeric else values.astype("object").to_numpy(),
                style=self.formats[kind] if numeric else None,
            )
        stages = [col[name] for name in STAGE_COLUMNS if name in col]
        formula, rows = f"ROUND(SUM({stages[0]}{{r}}:{stages[-1]}{{r}}),6)", {}
        if exchanges is not None and len(exchanges):
            skus = exchanges["sku"].to_numpy()
            starts = np.flatnonzero(np.append(True, skus[1:] != skus[:-1]))
            ends = np.append(starts[1:], len(skus))
            order = {sku: at for at, sku in enumerate(skus[starts])}
            at = np.array([order.get(sku, -1) for sku in table["sku"]])
            hidden = np.add.reduceat(exchanges["kg"].isna().to_numpy().astype(np.int64), starts)
            usable = known & (at >= 0) & (hidden[at] == 0)  # licensed factors are not handed on
            name = self.words["exchanges"]
            formula = f"ROUND(SUM('{name}'!$F${{a}}:$F${{b}}),6)"
            rows = {
                "a": np.where(usable, starts[at] + 2, 0),
                "b": np.where(usable, ends[at] + 1, 0),
            }
        total = np.round(table["total_kg"].to_numpy(), 6)
        cells["total_kg"] = SheetColumn(
            total, formula, self.formats["kg"], rows or {"k": known * 1}
        )
        self._table("inventory", cells)
        if exchanges is not None:
            self._exchanges(exchanges)

    def _exchanges(self, exchanges: pd.DataFrame) -> None:
        factor = f"'{self.words['factors']}'!$D${{f}}"
        has_kg = exchanges["kg_per_unit"].notna().to_numpy()
        rows = {"f": np.where(has_kg, exchanges["factor"].to_numpy(np.int64) + 2, 0)}
        number = self.formats["number"]
        cells = {name: SheetColumn(exchanges[name].array) for name in ("sku", "stage", "activity")}
        cells["amount"] = SheetColumn(exchanges["amount"].to_numpy(), style=number)
        cells["kg_per_unit"] = SheetColumn(
            exchanges["kg_per_unit"].to_numpy(), factor, number, rows
        )
        cells["kg"] = SheetColumn(exchanges["kg"].to_numpy(), "D{r}*E{r}", number, rows)
        self._table("exchanges", cells)

    def _factors(self) -> None:
        table = self.dossier.factors
        number, count = self.formats["number"], self.formats["count"]
        names = ["activity", "factor_location", "unit", "kg_per_unit", "factor_source", "cite"]
        cells = {
            name: SheetColumn(
                table[name].to_numpy(), style=number if name == "kg_per_unit" else None
            )
            for name in (*names, "match")
        }
        cells["uses"] = SheetColumn(table["uses"].to_numpy(), style=count)
        self._table("factors", cells)

    def _summary(
        self, sheet: Any, parts: list[tuple[str, int, int]], columns: list[str], at: dict[str, Any]
    ) -> str:
        """Totals of each taxpayer and of all; the cell of the relief of all."""
        totals, rule = self.dossier.assessment.totals, self.dossier.rule
        column_of = {name: letters(place) for place, name in enumerate(columns)}
        first = totals["first_line"].to_numpy(np.int64)
        last = first + totals["lines"].to_numpy(np.int64)
        rows: dict[str, Any] = {}
        for number, (_, start, stop) in enumerate(parts):
            # a taxpayer without a line on a sheet sums its header, which is text
            low, high = np.maximum(first, start), np.minimum(last, stop)
            here = high > low
            rows[f"a{number}"] = np.where(here, low - start + 2, 1)
            rows[f"b{number}"] = np.where(here, high - start + 1, 1)

        def sums(name: str) -> str:
            place = column_of[name]
            ranges = [
                f"'{sheet_name}'!{place}{{a{number}}}:{place}{{b{number}}}"
                for number, (sheet_name, _, _) in enumerate(parts)
            ]
            return f"SUM({','.join(ranges)})"

        col = {name: letters(place) + "{r}" for place, name in enumerate(TOTALS)}
        formulas = total_formulas(rule, sums, col, at["cap_taxpayer"])
        values = totals.rename(columns={"lines": "line_count"})
        scale = 10.0**rule.minor_digits
        cells: dict[str, SheetColumn] = {}
        sheet_kinds: dict[str, str] = {}
        for name in TOTALS:
            kind = KINDS.get(name, "money")
            if name == "taxpayer":
                cells[name] = SheetColumn(values[name].to_numpy())
                continue
            amounts = values["exact_micro" if name == "exact" else name].to_numpy(np.float64)
            divide = scale * 1e6 if name == "exact" else scale if kind == "money" else 1.0
            style = self.formats[kind]
            needed = {row: rows[row] for row in rows if f"{{{row}}}" in formulas.get(name, "")}
            cells[name] = SheetColumn(amounts / divide, formulas.get(name, ""), style, needed)
            sheet_kinds[name] = kind
        self._sheet(self.words["summary"], cells, sheet)
        write_rows(sheet, 1, list(cells.values()))
        end = len(totals) + 1
        sheet.write_string(end, 0, self.words["all"], self.sums["count"])
        for place, name in enumerate(TOTALS):
            if name in ("taxpayer", "intensity", "coverage"):
                continue
            letter = letters(place)
            digits = rule.minor_digits + (6 if name == "exact" else 0)
            formula = f"=SUM({letter}2:{letter}{end})"
            if KINDS.get(name, "money") in ("money", "exact"):
                formula = f"=ROUND({formula[1:]},{digits})"
            value = float(np.nansum(np.asarray(cells[name].values, dtype=np.float64)))
            sheet.write_formula(end, place, formula, self.sums[sheet_kinds[name]], round(value, 8))
        return f"'{self.words['summary']}'!{letters(TOTALS.index('relief'))}{end + 1}"

    def _changes(self) -> None:
        table, digits = self.dossier.changes, self.dossier.rule.minor_digits
        if table is None:
            sheet = self.book.add_worksheet(self.words["changes"])
            sheet.write_string(0, 0, self.words["no_previous"])
            return
        cells = {
            name: SheetColumn(table[name].astype("object").to_numpy())
            for name in ("taxpayer", "sku")
        }
        for name in ("status_before", "status_now"):
            answers = table[name].map({"yes": self.words["yes"], "no": self.words["no"], "": ""})
            cells[name] = SheetColumn(answers.astype("object").to_numpy())
        for name in ("base_before", "base_now", "relief_before", "relief_now"):
            cells[name] = SheetColumn(
                table[name].to_numpy() / 10.0**digits, style=self.formats["money"]
            )
        change = (table["relief_now"] - table["relief_before"]).to_numpy() / 10.0**digits
        formula = f"ROUND(H{{r}}-G{{r}},{digits})"
        cells["relief_change"] = SheetColumn(change, formula, self.formats["money"])
        for name in ("kg_before", "kg_now"):
            cells[name] = SheetColumn(table[name].to_numpy(np.float64), style=self.formats["kg"])
        formula = 'IF(AND(ISNUMBER(J{r}),ISNUMBER(K{r})),K{r}-J{r},"")'
        moved = (table["kg_now"] - table["kg_before"]).to_numpy(np.float64)
        cells["kg_change"] = SheetColumn(moved, formula, self.formats["kg"])
        self._table("changes", cells)

    def _intensity(self) -> None:
        """Effects of each taxpayer side by side: base year, effects, their sum, now."""
        change = self.dossier.change
        if change is None:
            sheet = self.book.add_worksheet(self.words["intensity_sheet"])
            sheet.write_string(0, 0, self.words["no_base_year"])
            return
        keys = ["taxpayer", "measure"]
        wide = change.effects.set_index([*keys, "effect"])["value"].unstack()  # noqa: PD010
        wide = wide.reindex(columns=list(EFFECTS)).join(change.ends.set_index(keys)).reset_index()
        number = self.formats["intensity"]
        unit = wide["measure"].map(lambda name: self.words[name])
        cells = {
            "taxpayer": SheetColumn(wide["taxpayer"].to_numpy()),
            "unit": SheetColumn(unit.to_numpy()),
        }
        cells["base_year"] = SheetColumn(wide["base"].to_numpy(), style=number)
        for name in EFFECTS:
            cells[name] = SheetColumn(wide[name].to_numpy(), style=number)
        last = letters(2 + len(EFFECTS))
        total = f"SUM(D{{r}}:{last}{{r}})"
        cells["sum_of_effects"] = SheetColumn(wide["change"].to_numpy(), total, number)
        cells["now"] = SheetColumn(
            wide["now"].to_numpy(), f"C{{r}}+{letters(3 + len(EFFECTS))}{{r}}", number
        )
        share = (wide["now"] / wide["base"] - 1).to_numpy()
        formula = f"{letters(4 + len(EFFECTS))}{{r}}/C{{r}}-1"
        cells["share_of_base"] = SheetColumn(share, formula, self.formats["rate"])
        for name in ("coverage_base", "coverage"):
            cells[name] = SheetColumn(wide[name].to_numpy(), style=self.formats["share"])
        self._table("intensity", cells)

    def _problems(self) -> None:
        table = retold(self.dossier.problems, self.lang).rename(columns={"rule": "rule_broken"})
        names = (
            "file",
            "row",
            "column",
            "sku",
            "value",
            "code",
            "severity",
            "rule_broken",
            "remedy",
        )
        cells = {}
        for name in names:
            column = table[name]
            numbers = name == "row"
            values = column.astype(np.float64) if numbers else column.fillna("").astype(str)
            cells[name] = SheetColumn(
                values.to_numpy(), style=self.formats["count"] if numbers else None
            )
        self._table("problems", cells)


KINDS: Final = {
    **dict.fromkeys(("line_count", "eligible", "units", "returned_units", "kept_units"), "count"),
    "exact": "exact",
    "emissions_kg": "kg3",
    "intensity": "intensity",
    "coverage": "share",
}
"""Kinds of the columns of totals that are no money."""
