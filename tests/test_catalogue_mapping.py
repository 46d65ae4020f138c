"""A merchant's own words: each unknown one listed once, and understood when its meaning is told."""

from __future__ import annotations

import pandas as pd
import pytest

from carbon import Study
from carbon.base.errors import CatalogueError
from carbon.catalogue.mapping import learned

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
    again = Study(words=path).catalogue(goods)
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
        _ = Study(words=path).vocabulary
    assert (refused.value.code, refused.value.row) == ("C025", 3)
