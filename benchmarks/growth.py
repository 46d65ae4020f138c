"""How time and memory grow with the number of SKUs, and a picture of it."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.catalogue import write_parquet, write_tidy
from benchmarks.harness import ROOT, Bound, Note, Row, Told, command, subject
from carbon.study import Study

PICTURE = ROOT / "docs" / "pictures" / "growth.svg"
WIDTH, HEIGHT, LEFT, BOTTOM, TOP, RIGHT = 720, 380, 70, 52, 44, 150
COLOURS = {"wide Parquet": "#0b6e4f", "tidy Parquet": "#c1666b"}
SIZES = (1_000, 10_000, 100_000, 1_000_000, 10_000_000)


@subject("growth", small={"sizes": (50,), "picture": None}, order=15)
def run(sizes: tuple[int, ...] = SIZES, picture: Path | None = PICTURE) -> Iterator[Told]:
    """`carbon footprint IN -o out.parquet --draws 0` from a thousand to ten million SKUs."""
    Study().unit_impacts  # noqa: B018  the solved background is in the cache, as in daily use
    found: dict[str, list[Row]] = {name: [] for name in COLOURS}
    with tempfile.TemporaryDirectory() as folder:
        for rows in sizes:
            for name, make in (("wide Parquet", write_parquet), ("tidy Parquet", write_tidy)):
                source = make(
                    rows, Path(folder) / ("in.parquet" if make is write_parquet else "in")
                )
                target = Path(folder) / "out.parquet"
                words = ("footprint", source, "-o", target, "--draws", 0, "--no-resume")
                runs, peak = command(*words, repeat=3 if rows <= 1_000_000 else 1)
                row = Row(f"{rows:,} SKUs, {name}", runs, rows, "SKU", peak)
                found[name].append(row)
                yield row
                target.unlink()
    for name, rows_of in found.items():
        million = {row.items: row for row in rows_of}
        if 1_000_000 in million:
            most = 25 if name == "wide Parquet" else 8
            yield Bound(f"1,000,000 SKUs, {name} [s]", million[1_000_000].seconds, most=most)
            yield Bound(
                f"their peak memory [MB], {name}", million[1_000_000].peak_mb or 0.0, most=1500
            )
        if 10_000_000 in million:
            ten, one = million[10_000_000], million[1_000_000]
            told = f"10,000,000 SKUs / 1,000,000 SKUs, {name}"
            yield Bound(f"{told}, time", ten.seconds / one.seconds, most=11)
            # the keys of SKUs are files that are mapped, and count as long as memory is free
            yield Bound(f"{told}, peak memory", (ten.peak_mb or 0) / (one.peak_mb or 1))
            yield Bound(f"10,000,000 SKUs, {name}, peak memory [MB]", ten.peak_mb or 0.0, most=1500)
    if picture is not None:
        picture.write_text(_drawn(found), encoding="utf-8", newline="\n")
        yield Note(f"![Time and peak memory against the number of SKUs](pictures/{picture.name})")


def _drawn(found: dict[str, list[Row]]) -> str:
    """Seconds and peak memory against SKUs, both axes logarithmic."""
    rows = [row for series in found.values() for row in series]
    x0, x1 = math.log10(min(r.items for r in rows)), math.log10(max(r.items for r in rows))
    low = math.floor(math.log10(min(r.seconds for r in rows)))
    top = math.ceil(math.log10(max(max(r.seconds for r in rows), *(r.peak_mb or 1 for r in rows))))

    def x(items: float) -> float:
        return LEFT + (math.log10(items) - x0) / (x1 - x0) * (WIDTH - LEFT - RIGHT)

    def y(value: float) -> float:
        return HEIGHT - BOTTOM - (math.log10(value) - low) / (top - low) * (HEIGHT - BOTTOM - TOP)

    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'font-family="sans-serif" font-size="12" fill="#222">',
        "<title>Time and peak memory against the number of SKUs</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        f'<text x="{LEFT}" y="22" font-size="15">Catalogue to footprints, central values</text>',
    ]
    for power in range(math.ceil(x0), math.floor(x1) + 1):
        at, told = x(10**power), f"{10**power:,}"
        out.append(
            f'<line x1="{at:.1f}" x2="{at:.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}" stroke="#eee"/>'
        )
        out.append(
            f'<text x="{at:.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{told}</text>'
        )
    for power in range(low, top + 1):
        at = y(10**power)
        out.append(
            f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{at:.1f}" y2="{at:.1f}" stroke="#eee"/>'
        )
        out.append(
            f'<text x="{LEFT - 8}" y="{at + 4:.1f}" text-anchor="end">{10.0**power:,g}</text>'
        )
    out.append(
        f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 12}" text-anchor="middle">SKUs</text>'
    )
    out.append(f'<text x="{LEFT - 8}" y="{TOP - 8}" text-anchor="end">s, MB</text>')
    labels: list[tuple[float, str, str]] = []
    for name, series in found.items():
        for values, dash, what in (
            ([r.seconds for r in series], "", "seconds"),
            ([r.peak_mb or 1.0 for r in series], ' stroke-dasharray="5 4"', "peak MB"),
        ):
            points = [(x(r.items), y(v)) for r, v in zip(series, values, strict=True)]
            path = " ".join(f"{px:.1f},{py:.1f}" for px, py in points)
            colour = COLOURS[name]
            out.append(
                f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"{dash}/>'
            )
            if not dash:
                out += [
                    f'<circle cx="{px:.1f}" cy="{py:.1f}" r="3" fill="{colour}"/>'
                    for px, py in points
                ]
            labels.append((points[-1][1], f"{name}, {what}", colour))
    last = -math.inf
    for at, text, colour in sorted(labels):
        last = max(at, last + 15)
        out.append(
            f'<text x="{WIDTH - RIGHT + 8}" y="{last + 4:.1f}" fill="{colour}">{text}</text>'
        )
    return "\n".join([*out, "</svg>"]) + "\n"
