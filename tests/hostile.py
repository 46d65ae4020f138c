"""Hostile cells, rows, files and trees, made from a seed."""

from __future__ import annotations

import csv
import datetime
import io
import json
import random
import zipfile
from copy import deepcopy
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
from pyarrow import parquet

COLUMNS: Final = ("sku", "category", "mass", "materials", "packaging", "return_rate", "transport")
GOOD: Final = [
    ["G1", "t_shirt", "180 g", "cotton 95%; elastane 5%", "courier bag 12 g", "35%", ""],
    ["G2", "t_shirt", "0.2 kg", "", "", "", "truck 80 km, plane 900 km"],
    ["G3", "swimsuit", "", "polyester 100%", "", "20%", ""],
]
LEDGERS: Final = {
    "sales": (
        ["taxpayer", "sku", "units", "revenue", "currency", "vat_rate", "date"],
        [["T1", "G1", "3", "99.50", "CNY", "13%", "2026-07-01"]],
    ),
    "exposure": (["room", "impressions"], [["R1", "900"]]),
    "sessions": (
        ["room", "session", "start", "end", "viewer_hours"],
        [["R1", "S1", "2026-07-01 10:00", "2026-07-01 12:00", "400"]],
    ),
}
HOSTILE: Final = [
    *(
        "",
        " ",
        "0",
        "-1",
        "-0",
        "1e309",
        "NaN",
        "inf",
        "9" * 400,
        "1e-400",
        "１２ 克",
        "½ kg",
        "1,5 g",
    ),
    *(
        "12 ton",
        "180 g 180 g",
        "g",
        "%",
        "150%",
        "-5%",
        "1/0",
        "0x1F",
        "1_000",
        "TRUE",
        "null",
        "None",
    ),
    *(
        "=1+1",
        "@SUM(A1)",
        "'",
        '"',
        '""',
        ";",
        ",",
        "\t",
        "\n",
        "\r",
        "\r\n",
        "a\nb,c\nd,e",
        "\x00",
    ),
    *(
        "\x1b[2J",
        "\u202etxt",
        "\u200b",
        "\ufeff",
        "\uffff",
        "\U0010ffff",
        "茶",
        "a" * 19_999,
        "b" * 21_000,
    ),
    *(
        "../../etc/passwd",
        "<script>",
        "{{7*7}}",
        "${x}",
        "%s%n",
        "cotton 50%; cotton 50%; cotton 50%",
    ),
    *(
        "cotton -5%; elastane 105%",
        "truck 1e9 km",
        "plane 9999999999 km",
        "truck km",
        ": : :",
        "100%: ",
    ),
    *(
        "9998-01-01",
        "2026-02-30",
        "0000-00-00",
        "12:60",
        "2026年13月40日",
        "44927.5",
        "-99999999999",
    ),
]


def cell(chance: random.Random) -> str:
    """One hostile cell, or some of them put together."""
    pick = chance.random()
    if pick < 0.6:
        return chance.choice(HOSTILE)
    if pick < 0.8:
        return chance.choice(HOSTILE) + chance.choice(HOSTILE)[:200]
    letters = "0123456789.,%-+eE;:/ gk克斤%棉\"'\\\u3000"
    return "".join(chance.choice(letters) for _ in range(chance.randrange(1, 40)))


def rows(
    chance: random.Random, columns: list[str] | tuple[str, ...], good: list[list[str]]
) -> list[list[str]]:
    """Good rows with hostile ones between them; a hostile row never has the name of a good one."""
    table = [list(row) for row in good]
    for number in range(chance.randrange(1, 4)):
        base = list(chance.choice(good))
        base[list(columns).index("sku") if "sku" in columns else 0] = f"BAD{number}"
        for position in range(len(columns)):
            if chance.random() < 0.5:
                base[position] = cell(chance)
        known = {row[0] for row in good}
        if base[0].strip() in known:
            base[0] = f"BAD{number}"
        table.insert(chance.randrange(len(table) + 1), base)
    return table


def written(
    chance: random.Random, place: Path, columns: list[str] | tuple[str, ...], table: list[list[str]]
) -> Path:
    """A table as a file of one of the four formats."""
    suffix = chance.choice([".csv", ".csv", ".jsonl", ".jsonl", ".parquet", ".xlsx"])
    path = place / f"fuzzed{suffix}"
    if suffix == ".csv":
        buffer = io.StringIO()
        csv.writer(buffer, lineterminator=chance.choice(["\n", "\r\n"])).writerows(
            [columns, *table]
        )
        encoding = chance.choice(["utf-8", "utf-8-sig", "gb18030"])
        path.write_bytes(buffer.getvalue().encode(encoding, "replace"))
    elif suffix == ".jsonl":
        lines = [json.dumps(dict(zip(columns, row, strict=True))) for row in table]
        path.write_text("\n".join(lines), encoding="utf-8")
    elif suffix == ".parquet":
        data = {name: [row[at] for row in table] for at, name in enumerate(columns)}
        parquet.write_table(pa.table(data), path)
    else:
        import xlsxwriter

        with xlsxwriter.Workbook(path, {"in_memory": True, "strings_to_formulas": False}) as book:
            sheet = book.add_worksheet()
            for line, row in enumerate([list(columns), *table]):
                for position, value in enumerate(row):
                    sheet.write_string(line, position, value[:32_000])
    return path


def broken(chance: random.Random, data: bytes) -> bytes:
    """The same bytes with some changed, taken out, put in or doubled."""
    out = bytearray(data)
    for _ in range(chance.randrange(1, 12)):
        at = chance.randrange(len(out) + 1)
        kind = chance.randrange(5)
        if kind == 0 and at < len(out):
            out[at] = chance.randrange(256)
        elif kind == 1:
            del out[at : at + chance.randrange(1, 64)]
        elif kind == 2:
            out[at:at] = chance.choice(
                [b"\x00", b'"', b"\n", b"[" * 3000, b"{", b"9" * 5000, b"\xff\xfe"]
            )
        elif kind == 3:
            out[at:at] = out[at : at + chance.randrange(1, 200)]
        else:
            out[at : at + 1] = cell(chance).encode("utf-8", "replace")
    return bytes(out)


def zipped(chance: random.Random, data: bytes) -> bytes:
    """A workbook of which one part is broken."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as before, zipfile.ZipFile(buffer, "w") as book:
        wrong = chance.choice(before.namelist())
        for name in before.namelist():
            content = before.read(name)
            book.writestr(name, broken(chance, content) if name == wrong else content)
    return buffer.getvalue()


TREES: Final = [
    *(None, True, False, 0, -1, 10**30, 10**400, 1e308, -1e-308, 0.5, float("nan"), float("inf")),
    *([], {}, [[]], [{}], {"": ""}, [None], {"a": {"b": {"c": 1}}}, "2026Q3", "0" * 64),
]
"""Values that stand where others are asked for."""


def places(tree: Any) -> list[tuple[Any, Any]]:
    """Every node of a tree: what holds it, and by which key."""
    keys = list(tree) if isinstance(tree, dict) else range(len(tree))
    found = []
    for key in keys:
        found.append((tree, key))
        if isinstance(tree[key], dict | list):
            found += places(tree[key])
    return found


def wrong_tree(chance: random.Random, tree: Any) -> Any:
    """A tree of which some nodes are others, gone, doubled, moved or under another key."""
    tree = deepcopy(tree)
    if chance.random() < 0.03:
        return chance.choice(TREES)
    for _ in range(chance.choice([1, 1, 1, 2, 4])):
        nodes = places(tree)
        if not nodes:
            break
        holder, key = chance.choice(nodes)
        kind = chance.random()
        if kind < 0.6:
            text = cell(chance) if chance.random() < 0.9 else "\ud800"
            holder[key] = chance.choice([chance.choice(TREES), text])
        elif kind < 0.7:
            del holder[key]
        elif kind < 0.8 and isinstance(holder, list):
            holder.insert(key, deepcopy(holder[key]))
        elif kind < 0.9:
            other, at = chance.choice(nodes)
            holder[key] = deepcopy(other[at])
        elif isinstance(holder, dict):
            holder[cell(chance)[:50]] = holder.pop(key)
    return tree


def toml_of(tree: Any) -> str:
    """A tree as TOML, its tables inline but for the outermost."""
    if not isinstance(tree, dict):
        return _inline(tree)
    return "".join(f"{json.dumps(key)} = {_inline(value)}\n" for key, value in tree.items())


def _inline(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(k)} = {_inline(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_inline, value)) + "]"
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, datetime.date):
        return value.isoformat()
    return json.dumps("" if value is None else value)


def memory() -> int:
    """Most memory that this process had [byte]; 0 where that cannot be asked."""
    try:
        import resource
    except ImportError:  # Windows
        return 0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
