"""Every command with words that make it do what it is for, on goods and rooms of odd names."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from carbon.cli.main import main

ODD: Final = "茶\x1b[2J\x9b31m\u202eé\u2069\U0001f600"
"""A name that would steer a terminal, in letters that not every terminal has."""

COMMANDS: Final[dict[str, str]] = {
    "template": "-o {out}/t.xlsx",
    "check": "{in}/goods.csv -o {out}/check.csv",
    "footprint": "{in}/goods.csv -o {out}/f.csv --draws 0 --workers 1",
    "explain": "{in}/goods.csv {odd}",
    "inventory": "{in}/goods.csv -o {out}/i.csv",
    "whatif": "{in}/goods.csv -o {out}/w.csv --set return_rate=0.1 --draws 0 --workers 1",
    "compare": "{in}/goods.csv {in}/more.csv -o {out}/c.csv --draws 0",
    "label": "{in}/goods.csv -o {out}/labels --format svg --draws 16 --workers 1",
    "report": "{in}/goods.csv -o {out}/r.html --draws 16",
    "claims": "{odd}零碳 -o {out}/said.csv",
    "reference list": "-o {out}/l.csv",
    "reference build": "{in}/goods.csv -o {out}/ref.json --weights equal --name {odd}",
    "rank": "{in}/goods.csv -o {out}/k.csv --draws 0 --workers 1",
    "anomalies": "{in}/goods.csv -o {out}/a.csv --draws 0",
    "room": "{in}/rooms.csv --catalogue {in}/goods.csv --sessions {in}/sessions.csv "
    "--sales {in}/sales.csv -o {out}/room.csv --draws 0 --as-of 2026-12-01",
    "policy check": "{in}/rule.toml",
    "policy explain": "{in}/rule.toml",
    "exposure": "{in}/judged.csv -o {out}/e.csv",
    "dashboard": "{in}/judged.csv -o {out}/d.html",
    "pool": "{in}/orders.csv --as-of 2026-12-01 -o {out}/pool",
    "tax": "{in}/goods.csv --sales {in}/sales.csv --period 2026Q3 -o {out}/tax --draws 0",
    "reproduce": "{in}/tax/manifest.json -o {out}/rep.csv",
    "factors list": "",
    "factors search": "{odd}",
    "factors show": "{odd}",
    "factors check": "{in}/mill",
    "factors new": "{out}/mill",
    "factors seal": "{in}/mill",
    "factors diff": "{in}/mill {in}/mill -o {out}/diff.csv",
    "background use": "{odd}/db --mapping {in}/goods.csv",
    "background list": "",
    "background drop": "{odd}",
    "background coverage": "{in}/goods.csv -o {out}/cov.csv",
    "export brightway": "{in}/goods.csv --sku {odd} --project {odd} -o {out}/b.bw2package",
}
"""Command → its words."""


def prepared(place: Path) -> Path:
    """What the commands read."""
    place.mkdir(parents=True)
    texts = {
        "goods": f"sku,category,name,mass,merchant\n{ODD},t_shirt,{ODD},180 g,{ODD}\n"
        f"B,dress,x,{ODD},M\nC{ODD},{ODD},y,1 kg,M\nD,t_shirt,{ODD},900 kg,{ODD}\n"
        + "".join(f"E{at},t_shirt,{ODD},0.2 kg,M{at}\n" for at in range(4)),
        "more": f"sku,category,mass\n{ODD},t_shirt,280 g\n{ODD}2,dress,1 g\n",
        "rooms": f"room,name,claim,merchant,impressions\n{ODD},{ODD},零碳 {ODD},{ODD},900\n"
        + "".join(f"{at},{ODD},{ODD},{ODD},900\n" for at in range(5)),
        "sessions": "room,session,start,end,energy_kwh,viewer_hours,location\n"
        f"{ODD},{ODD},2026-07-01 10:00,2026-07-01 12:00,4,400,{ODD}\n",
        "sales": "line,taxpayer,room,session,sku,units,revenue,currency,returned,vat_rate,date\n"
        f"1,{ODD},{ODD},{ODD},{ODD},3,99.50,CNY,0,13%,2026-07-01\n"
        f"2,{ODD},{ODD},{ODD},Z{ODD},{ODD},99.50,CNY,0,13%,2026-07-01\n",
        "orders": "date,merchant,category,sku,premium,returned,reason,return_freight,"
        "buyer,address\n"
        f"2026-09-01,{ODD},t_shirt,{ODD},3.60,yes,{ODD},10.3,b,a\n"
        f"2026-09-02,{ODD},{ODD},{ODD},{ODD},no,,,b2,a2\n",
    }
    for name, text in texts.items():
        (place / f"{name}.csv").write_text(text, encoding="utf-8")
    (place / "rule.toml").write_text(f"x = {json.dumps(ODD[1:-1])}\n", encoding="utf-8")
    for name, words in (
        ("factors new", "{in}/mill"),
        ("room", COMMANDS["room"].replace("{out}/room.csv", "{in}/judged.csv")),
        ("tax", COMMANDS["tax"].replace("{out}/tax", "{in}/tax")),
    ):
        run(name, words, place, place)
    return place


def run(name: str, words: str, source: Path, out: Path, *more: str) -> int:
    """Exit code of a command in this process."""
    known = {"{in}": str(source), "{out}": str(out), "{odd}": ODD}
    told = words.split()
    for mark, value in known.items():
        told = [word.replace(mark, value) for word in told]
    try:
        main.main([*name.split(), *told, *more], prog_name="carbon")
    except SystemExit as end:
        return int(end.code or 0)
    return 0


@contextmanager
def terminal(encoding: str) -> Iterator[tuple[io.BytesIO, io.BytesIO]]:
    """Streams as those of a terminal that has some characters only and replaces none."""
    before, raw = (sys.stdout, sys.stderr), (io.BytesIO(), io.BytesIO())
    sys.stdout, sys.stderr = (
        io.TextIOWrapper(each, encoding, errors="strict", write_through=True) for each in raw
    )
    try:
        yield raw
    finally:
        for each in (sys.stdout, sys.stderr):
            each.detach()
        sys.stdout, sys.stderr = before
