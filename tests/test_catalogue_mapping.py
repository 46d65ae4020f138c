"""A merchant's own words: each unknown one listed once, and understood when its meaning is told."""

from __future__ import annotations

import pandas as pd
import pytest

from carbon import Study
from carbon.base.errors import CatalogueError
from carbon.catalogue.mapping import learned, reading_of

GOODS = {
    "sku": ["A", "B", "C", "D"],
    "category": ["Item X9", "Item X9", "笔记本", "t_shirt"],
    "materials": ["", "", "", "Zorbex cloth 60%; cotton 40%"],
    "packaging": ["", "", "", "flomp 12 g"],
    "origin": ["", "Planet P", "", ""],
    "mass": ["200 g", "200 g", "", "200 zorkmid"],
    "Gewicht": ["", "", "", ""],
}
MEANINGS = {
    "Item X9": "dress",
    "笔记本": "laptop",
    "Zorbex cloth": "polyester",
    "flomp": "courier bag",
    "Planet P": "CN-GD",
    "zorkmid": "g",
    "Gewicht": "price",
}


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_what_was_learned_is_understood_when_it_is_mapped(tmp_path, lang):
    goods = pd.DataFrame(GOODS)
    study = Study()
    table = learned(study.catalogue(goods), study.vocabulary, lang)
    _, word, meaning, rows, candidates = table.columns
    assert table[word].iloc[0] == "Item X9"
    assert table[rows].tolist() == sorted(table[rows], reverse=True)
    assert not table[word].duplicated().any()
    assert set(table[word]) >= set(MEANINGS)
    assert "|" in table.set_index(word)[candidates]["笔记本"]
    assert table[meaning].eq("").all()

    path = tmp_path / "words.csv"
    table[meaning] = table[word].map(MEANINGS).fillna("")
    table.to_csv(path, index=False, encoding="utf-8-sig")
    again = Study(map=path).catalogue(goods)
    assert again.skus["category"].astype(str).tolist() == ["dress", "dress", "laptop", "t_shirt"]
    assert again.skus["origin"].astype(str).tolist()[1] == "CN-GD"
    assert again.skus["mass_kg"].tolist()[3] == 0.2
    assert {"polyester", "cotton"} == set(
        again.materials.loc[again.materials["row"] == 3, "material"]
    )
    assert "Gewicht" in again.headers.loc[again.headers["column"] == "price", "source"].tolist()


@pytest.mark.parametrize(
    "row",
    ["material,Zorbex,unobtainium", "colour,red,cotton", "unit,zork,foo", "header,Gew,none such"],
)
def test_a_mapping_to_nothing_is_refused_by_row(tmp_path, row):
    path = tmp_path / "words.csv"
    path.write_text(f"kind,word,meaning\nmaterial,Good,cotton\n{row}\n")
    with pytest.raises(CatalogueError) as refused:
        _ = Study(map=path).vocabulary
    assert (refused.value.code, refused.value.row) == ("C025", 3)


def test_every_command_that_reads_a_catalogue_takes_a_mapping_and_a_preset():
    from carbon.cli.main import main

    lacking = []
    for name, each in _commands(main):
        options = {option for parameter in each.params for option in parameter.opts}
        arguments = {parameter.name for parameter in each.params}
        if "catalogue" in arguments and not {"--map", "--preset"} <= options:
            lacking.append(name)
    assert lacking == []


def _commands(group, before=""):
    for name, each in group.commands.items():
        if hasattr(each, "commands"):
            yield from _commands(each, f"{before}{name} ")
        else:
            yield before + name, each


@pytest.fixture
def goods(tmp_path, monkeypatch):
    """A catalogue that only a mapping makes whole, two meanings of its word, and an export."""
    monkeypatch.chdir(tmp_path)
    tmp_path.joinpath("goods.csv").write_text("sku,category\nA,Item X9\nB,t_shirt\n")
    for meaning in ("dress", "laptop"):
        text = f"kind,word,meaning\ncategory,Item X9,{meaning}\n"
        tmp_path.joinpath(f"{meaning}.csv").write_text(text)
    return tmp_path


def test_a_mapping_reaches_the_python_face_and_a_manifest(goods):
    from carbon import read
    from carbon.run.batches import run
    from carbon.run.manifest import read_manifest
    from carbon.run.plan import Job

    assert read("goods.csv", map="dress.csv").skus["category"].astype(str).tolist() == [
        "dress",
        "t_shirt",
    ]
    with pytest.raises(CatalogueError, match="C005"):
        read({"Handle": "a", "Title": "Mug", "Variant Price": "1"}, preset="none")
    for meaning in ("dress", "laptop"):
        study = Study(map=f"{meaning}.csv", preset="none")
        job = Job("footprint", study, category_of)
        run(job, "goods.csv", f"{meaning}.parquet", manifest=f"{meaning}.json", workers=1)
        told = read_manifest(goods / f"{meaning}.json").arguments
        assert told == reading_of(study.map, study.preset)
        assert set(told) == {"map", "preset"}
        assert pd.read_parquet(f"{meaning}.parquet")["category"].tolist() == [meaning, "t_shirt"]
    # a run that goes on from one with other words computes everything again
    job = Job("footprint", Study(map="laptop.csv", preset="none"), category_of)
    outcome = run(
        job, "goods.csv", "again.parquet", workers=1, manifest="again.json", since="dress.json"
    )
    assert outcome.changes["unchanged"] == 0
    assert pd.read_parquet("again.parquet")["category"].tolist() == ["laptop", "t_shirt"]


def test_a_resumed_run_with_other_words_is_refused(goods):
    from carbon.base.errors import OutputError
    from carbon.run.batches import run
    from carbon.run.plan import Job

    del goods
    with pytest.raises(RuntimeError):
        run(
            Job("footprint", Study(map="dress.csv"), stopping),
            "goods.csv",
            "o.csv",
            workers=1,
            batch=1,
        )
    for other in (Study(map="laptop.csv"), Study(), Study(map="dress.csv", preset="none")):
        job = Job("footprint", other, category_of)
        with pytest.raises(OutputError, match=r"B003.*options"):
            run(job, "goods.csv", "o.csv", workers=1, batch=1, resume=True)
    job = Job("footprint", Study(map="dress.csv"), category_of)
    assert run(job, "goods.csv", "o.csv", workers=1, batch=1, resume=True).resumed == 1


def stopping(study, catalogue, files):
    if catalogue.skus["sku"].tolist() == ["B"]:
        raise RuntimeError
    return category_of(study, catalogue, files)


def category_of(study, catalogue, files):
    del study, files
    return catalogue.skus[["sku", "category"]].assign(total_kg=1.0)
