"""A catalogue in batches gives what the whole gives, to the last bit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from nightly import night

from carbon.base.errors import CatalogueError
from carbon.catalogue.csv_text import spans
from carbon.catalogue.defaults import fill
from carbon.catalogue.line_plan import OutOfOrder
from carbon.catalogue.read import read, read_tables
from carbon.catalogue.schema import Limits, Vocabulary
from carbon.catalogue.stream import Stream

TABLES = ("skus", "materials", "packaging", "legs", "destinations", "provenance")


def in_batches(source, vocabulary: Vocabulary, folder: Path, step: int):
    folder.mkdir(exist_ok=True)
    stream = Stream(source, vocabulary, folder, step, unsplit_bytes=0)
    stream.survey()
    parts = []
    for batch in stream:
        sheets, context = batch.sheets(Limits())
        context = replace(context, sessions=stream.sessions)
        parts.append(
            fill(read_tables(sheets, vocabulary, context=context, file=stream.file), vocabulary)
        )
    return parts, stream


def same(source, vocabulary: Vocabulary, folder: Path, step: int):
    whole = fill(read(source, vocabulary), vocabulary)
    parts, stream = in_batches(source, vocabulary, folder / str(step), step)
    starts = np.cumsum([0, *(len(part) for part in parts)])
    for name in TABLES:
        frames = []
        for start, part in zip(starts, parts, strict=False):
            frame = getattr(part, name)
            if "row" in frame:
                frame = frame.assign(row=frame["row"] + np.int32(start))
            frames.append(frame)
        joined = pd.concat(frames, ignore_index=True)
        expected = getattr(whole, name).reset_index(drop=True)
        pd.testing.assert_frame_equal(
            plain(joined), plain(expected), check_exact=True, check_dtype=False, obj=name
        )
    problems = pd.concat([part.problems for part in parts], ignore_index=True)
    pd.testing.assert_frame_equal(told(problems), told(whole.problems), check_dtype=False)
    return whole, stream


def plain(frame: pd.DataFrame) -> pd.DataFrame:
    words = [name for name in frame if isinstance(frame[name].dtype, pd.CategoricalDtype)]
    return frame.astype(dict.fromkeys(words, "object"))


def told(problems: pd.DataFrame) -> pd.DataFrame:
    rows = problems.astype("object").fillna(0)
    return rows.sort_values(list(rows.columns), kind="stable", ignore_index=True)


def goods(rows: int = 60, seed: int = 3) -> pd.DataFrame:
    """SKUs that are repeated, sessions shared far apart, cells of every kind of fault."""
    random = np.random.default_rng(seed)
    pick = lambda *words: random.choice(np.array(words, object), rows)  # noqa: E731
    frame = pd.DataFrame(
        {
            "sku": [f"S{at:03d}" for at in range(rows)],
            "category": pick("t_shirt", "T-shirt", "berries", "spaceship"),
            "mass": pick("200 g", "0.2 kg", "2 ton", None, "5 kg"),
            "session": pick("a", "b", "b", None),
            "session_kwh": pick("12 kWh", "11 kWh", None),
            "viewer_hours": pick("3000", None),
            "units_sold": pick("10", "20", "many", None, "0"),
            "price": pick("30", "¥45.5", "19.9 EUR", None),
            "return_rate (%)": pick("35", "1", "7", None),
            "resale_share (%)": pick("90", "1", None),
            "materials": pick("cotton 95%; elastane 5%", "cotton", "cotton 10%", None),
            "transport": pick("truck 80 km, plane 1650 km", "air 60% | road 40%", "zeppelin", None),
            "origin": pick("CN-ZJ", "广东", "Atlantis", None),
            "destination": pick("CN-BJ", "CN-GD 40%; CN-BJ 60%", None),
        }
    )
    frame.loc[[17, 40], "sku"] = "S003"
    frame.loc[[41], "sku"] = None
    frame.loc[[5], "resale_share (%)"] = "0.35"  # so that a 1 elsewhere may be 100 %
    return frame


@pytest.mark.parametrize("step", [13])
@pytest.mark.parametrize("suffix", ["csv", "parquet", *night("jsonl", "xlsx", "frame")])
def test_batches_give_what_the_whole_gives(vocabulary, tmp_path, suffix, step):
    frame = goods()
    source = tmp_path / f"goods.{suffix}"
    if suffix == "csv":
        frame.to_csv(source, index=False)
    elif suffix == "parquet":
        frame.to_parquet(source, row_group_size=25)
    elif suffix == "jsonl":
        frame.to_json(source, orient="records", lines=True, force_ascii=False)
    elif suffix == "xlsx":
        frame.to_excel(source, index=False)
    whole, _ = same(frame if suffix == "frame" else source, vocabulary, tmp_path, step)
    codes = set(whole.problems["code"])
    assert {"C008", "C009", "C010", "C108", "C241", "C242", "C243"} <= codes


def test_what_a_folder_tells_holds_for_a_csv_in_spans(vocabulary, tmp_path):
    """As for one that is read whole; a column of the file itself goes before that of its folder."""
    for category, columns in (("t_shirt", "sku,mass"), ("berries", "sku,mass,category")):
        folder = tmp_path / "goods" / f"category={category}"
        folder.mkdir(parents=True)
        width = columns.count(",")
        rows = [f"{category}{at},200 g{',bare' * (width - 1)}" for at in range(9)]
        text = "\n".join([columns, *rows]) + "\n"
        (folder / "part.csv").write_text(text, encoding="utf-8")
    whole, stream = same(tmp_path / "goods", vocabulary, tmp_path, 4)
    assert whole.skus["category"].astype(str).tolist() == ["bare"] * 9 + ["t_shirt"] * 9
    assert [each.text for each in stream.tables["skus"]] == [True] * 2


def tidy(folder: Path, order: str) -> Path:
    """A folder of tables; lines in the order of their SKUs, in another one, with blanks."""
    folder.mkdir()
    rows = 40
    skus = pd.DataFrame({"sku": [f"S{at:02d}" for at in range(rows)], "category": "t_shirt"})
    random = np.random.default_rng(1)
    owner = np.repeat(np.arange(rows), 2)
    materials = pd.DataFrame(
        {
            "sku": skus["sku"].to_numpy()[owner],
            "material": np.tile(["cotton", "elastane"], rows),
            "share": np.tile(["95%", "5%"], rows),
            "recycled (%)": np.where(np.arange(2 * rows) == 33, 0.4, 1.0),
        }
    )
    legs = pd.DataFrame(
        {
            "sku": skus["sku"].to_numpy()[np.repeat(np.arange(rows), 3)],
            "chain": "road",
            "mode": np.tile(["van", "truck", "van"], rows),
            "distance_km": np.tile([15.0, 700.0, 25.0], rows) + np.repeat(np.arange(rows), 3),
            "position": np.tile([3.0, np.nan, 1.0], rows),
        }
    )
    if order == "repeated":
        skus.loc[30, "sku"] = "S04"
    if order == "shuffled":
        legs = legs.sample(frac=1, random_state=random).reset_index(drop=True)
        materials.loc[7, "sku"] = "S99"
    if order == "blank":
        materials.loc[1::2, "sku"] = None
        materials.loc[40, "sku"] = "S99"
    skus.to_csv(folder / "skus.csv", index=False)
    materials.to_csv(folder / "materials.csv", index=False)
    legs.to_parquet(folder / "legs.parquet", row_group_size=50)
    return folder


@pytest.mark.parametrize("step", [16])
@pytest.mark.parametrize("order", ["sorted", "shuffled", "blank", "repeated"])
def test_lines_find_their_batch(vocabulary, tmp_path, order, step):
    source = tidy(tmp_path / "goods", order)
    whole, stream = same(source, vocabulary, tmp_path, step)
    assert stream.lines is not None
    assert bool(stream.lines.folders) == (order != "sorted")
    assert "C108" in set(whole.problems["code"])


def test_partitioned_folders(vocabulary, tmp_path):
    frame = goods()
    frame["category"] = np.where(frame.index < 30, "t_shirt", "berries")
    for category, part in frame.groupby("category", sort=False):
        folder = tmp_path / "goods" / f"category={category}"
        folder.mkdir(parents=True)
        for at in range(0, len(part), 20):
            rows = part.iloc[at : at + 20].drop(columns="category")
            rows.to_parquet(folder / f"part-{at}.parquet")
    (tmp_path / "goods" / "_SUCCESS").touch()
    parts, _ = in_batches(tmp_path / "goods", vocabulary, tmp_path / "work", 7)
    order = [*range(30, 60), *range(30)]  # berries before t_shirt
    whole = fill(read(frame.iloc[order].reset_index(drop=True), vocabulary), vocabulary)
    skus = pd.concat([part.skus for part in parts], ignore_index=True)
    columns = ["sku", "category", "mass_kg", "studio_kwh", "return_rate", "problem"]
    pd.testing.assert_frame_equal(
        plain(skus[columns]), plain(whole.skus[columns]), check_exact=True, check_dtype=False
    )
    assert set(pd.concat([part.problems for part in parts])["file"]) >= {
        "category=berries/part-0.parquet"
    }


ODD = {
    "plain": "sku,category,mass\n" + "".join(f"S{at},t_shirt,{at}0 g\n" for at in range(2, 10)),
    "quoted lines": 'sku,category,name\nA,t_shirt,"two\nlines"\nB,t_shirt,x\nC,t_shirt,"a, b"\n',
    "short and long": "sku,category,mass\nA,t_shirt\nB,t_shirt,1 kg,and more\nC,t_shirt,9 g\n",
    "blank lines": "sku,category,mass\nA,t_shirt,1 kg\n\n\nB,t_shirt,9 g\nC,t_shirt,2 ton\n",
    "open quote": 'sku,category,name\nA,t_shirt,"open\nB,t_shirt,x\nC,t_shirt,y\nD,t_shirt,z\n',
    "two open quotes": 'sku,category,name\nA,t_shirt,"op\nB,t_shirt,x\nC,t_shirt,"op\nD,t_shirt,\n',
    "wide row": "sku,category\n" + "A,t_shirt\n" * 10 + "C,t_shirt,1,2,3,4,5\nD,t_shirt\n",
    "titles": "Catalogue 2026,,\n\nsku,category,mass\nA,t_shirt,1 kg\nB,t_shirt,2 ton\n",
    "semicolon": "sep=;\r\nsku;category;mass\r\nA;t_shirt;1,5 kg\r\nB;t_shirt;2 ton\r\n",
    "no end": "sku,category,mass\nA,t_shirt,1 kg\nB,t_shirt,2 ton",
    "old Mac": "sku,category,mass\rA,t_shirt,1 kg\rB,t_shirt,2 ton\r",
    "empty rows": "sku,category,mass\nA,t_shirt,1 kg\n,,\n,,\nA,t_shirt,1 kg\nB,t_shirt,\n",
}


@pytest.mark.parametrize(
    ("kind", "encoding"),
    [*((kind, "utf-8") for kind in ODD), ("plain", "utf-8-sig"), ("open quote", "gb18030")],
)
def test_odd_csv(vocabulary, tmp_path, kind, encoding):
    source = tmp_path / "goods.csv"
    text = ODD[kind].replace("A,", "棉A,").replace("C,", "棉C,")
    source.write_bytes(text.encode(encoding))
    same(source, vocabulary, tmp_path, 2)


def test_spans_cover_the_file_once(tmp_path):
    source = tmp_path / "goods.csv"
    source.write_text(ODD["plain"], encoding="utf-8")
    found = spans(source, "goods.csv", 3)
    assert found is not None
    assert [span.rows for span in found] == [3, 3, 2]
    assert [span.sheet().lines.tolist()[0] for span in found] == [2, 5, 8]
    ends = [span.offset + span.length for span in found]
    assert [span.offset for span in found[1:]] == ends[:-1]
    assert ends[-1] == source.stat().st_size


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"sku,category\nA,t_shirt\xff\xff\n", "C004"),
        (b"sku,category\nA,t_\x00shirt\n", "C004"),
        (b"sku,name\nA,b\n", "C005"),
        (b"sku,category,sku\nA,b,c\n", "C006"),
        (b"", "C011"),
    ],
)
def test_what_is_refused_as_a_whole(vocabulary, tmp_path, data, code):
    source = tmp_path / "goods.csv"
    source.write_bytes(data)
    with pytest.raises(CatalogueError) as told_of:
        in_batches(source, vocabulary, tmp_path / "work", 1)
    assert told_of.value.code == code


def damage(path: Path, group: int, column: int) -> None:
    """Spoil the bytes of a column in one row group; the others can be read."""
    place = pq.read_metadata(path).row_group(group).column(column).data_page_offset
    content = bytearray(path.read_bytes())
    content[place : place + 12] = b"\xff" * 12
    path.write_bytes(bytes(content))


@pytest.mark.parametrize("ordered", [True, False])
@pytest.mark.parametrize("percent", [True, False])
def test_rows_behind_damaged_ones_keep_their_place(vocabulary, tmp_path, ordered, percent):
    """Whoever looks at a few columns only would not see the damage, and count otherwise."""
    frame = pd.DataFrame({"sku": [f"S{at:03d}" for at in range(40)], "category": "t_shirt"})
    frame["mass"], frame["name"] = "200 g", [f"n{at}" for at in range(40)]
    frame["return_rate (%)" if percent else "return_rate"] = "35%"
    frame.loc[35, "sku"] = "S002"
    path = tmp_path / "goods.parquet"
    frame.to_parquet(path, row_group_size=10)
    damage(path, 1, 2)
    stream = Stream(path, vocabulary, tmp_path, 5, ordered=ordered)
    stream.survey()
    tables = [batch.sheets(Limits()) for batch in stream]
    skus = pd.concat([read_tables(part, vocabulary, context=of).skus for part, of in tables])
    assert [(each.first, each.last) for each in stream.damaged] == [(12, 21)]
    assert skus["sku"].tolist() == [*frame["sku"][:10], *frame["sku"][20:]]
    assert skus.loc[skus["problem"].str.contains("C008"), "name"].tolist() == ["n35"]


@pytest.mark.parametrize("order", ["sorted", "shuffled", "blank", "repeated"])
def test_lines_that_are_followed_are_those_that_are_looked_for(vocabulary, tmp_path, order):
    """In one pass while they stand in the order of their SKUs, else it is said that they do not."""
    folder = tidy(tmp_path / "goods", order)
    materials = pd.read_csv(folder / "materials.csv").drop(columns="recycled (%)")
    materials.to_csv(folder / "materials.csv", index=False)  # a percentage is looked for before
    found = []
    for ordered in (False, True):
        stream = Stream(folder, vocabulary, tmp_path, 16, ordered=ordered)
        stream.survey()
        try:
            tables = [batch.sheets(Limits()) for batch in stream]
        except OutOfOrder:
            assert order != "sorted"
            return
        parts = [read_tables(part, vocabulary, context=of) for part, of in tables]
        found.append([pd.concat([part.legs, part.materials]) for part in parts])
    assert order == "sorted"
    assert stream.lines is None, "nothing was looked for"
    for one, other in zip(*found, strict=True):
        pd.testing.assert_frame_equal(one, other)
