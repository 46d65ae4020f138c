"""What stands behind a cell: documents in it and beside it."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from carbon.base.errors import CatalogueError
from carbon.footprint.evidence import EVIDENCE, attached, by_stage, levels, settled
from carbon.study import Study

GOODS = """sku,category,mass,materials,return_rate
A,t_shirt,180 g measured [scale-0412.pdf],cotton 100%,35% measured
B,t_shirt,180克 实测【称重单7】,,
C,t_shirt,180 g,cotton 100% measured [bom 7],
"""


@pytest.fixture(scope="module")
def goods():
    return Study("2026.2").catalogue(GOODS)


def named(catalogue) -> pd.DataFrame:
    return levels(catalogue)[["mass", "materials", "return_rate"]].map(EVIDENCE.__getitem__)


def test_a_document_beside_measured_is_read_in_both_scripts(goods) -> None:
    assert named(goods).to_numpy().tolist() == [
        ["documented", "declared", "declared"],
        ["documented", "assumed", "assumed"],
        ["declared", "documented", "assumed"],
    ]
    told = goods.evidence.sort_values(["row", "column"])
    assert told["document"].tolist() == ["scale-0412.pdf", "称重单7", "bom 7"]
    assert goods.skus["mass_kg"].round(9).tolist() == [0.18, 0.18, 0.18]


def test_parts_and_rows_keep_their_documents(goods) -> None:
    assert goods.part(1, 3).evidence["row"].tolist() == [0, 1]
    assert goods.select(["C"]).evidence["document"].tolist() == ["bom 7"]


def test_a_table_of_evidence_lifts_cells(goods) -> None:
    table = pd.DataFrame(
        [
            {"sku": "A", "column": "return_rate", "serial": "ledger 2026-Q3"},
            {"sku": "C", "column": "mass", "document": "s.pdf", "signed_by": "SGS"},
            {"sku": "B", "column": "materials", "document": "bom.pdf"},  # nothing was told
        ]
    )
    assert named(attached(goods, table)).to_numpy().tolist() == [
        ["documented", "declared", "documented"],
        ["documented", "assumed", "assumed"],
        ["verified", "documented", "assumed"],
    ]


@pytest.mark.parametrize(
    ("signer", "level"),
    [
        ("SGS", "verified"),
        (" 绿叶服饰 ", "documented"),
        ("本公司", "documented"),
        ("self", "documented"),
    ],
)
def test_a_merchant_does_not_sign_for_itself(signer: str, level: str) -> None:
    study = Study(
        evidence=pd.DataFrame(
            {"sku": ["A"], "column": ["mass"], "document": ["s.pdf"], "signed_by": [signer]}
        )
    )
    goods = {"sku": "A", "category": "t_shirt", "mass": "180 g", "merchant": "绿叶服饰"}
    read = study.catalogue(goods)
    assert EVIDENCE[levels(read).loc[0, "mass"]] == level
    told = read.problems.query("code == 'C288'")
    assert told[["sku", "column"]].to_numpy().tolist() == [["A", "mass"]] * (level != "verified")


@pytest.mark.parametrize(
    ("table", "code"),
    [
        ({"sku": ["A"]}, "C281"),
        ({"sku": ["X"], "column": ["mass"], "document": ["a"]}, "C282"),
        ({"sku": ["A"], "column": ["price of tea"], "document": ["a"]}, "C282"),
        ({"sku": ["A"], "column": ["mass"], "document": [""]}, "C283"),
        ({"sku": ["A"], "column": ["mass"], "document": ["a"], "sha256": ["no hash"]}, "C283"),
    ],
)
def test_a_faulty_table_is_refused(goods, table: dict[str, list[str]], code: str) -> None:
    with pytest.raises(CatalogueError, match=code):
        attached(goods, pd.DataFrame(table))


def test_measured_counts_only_with_a_document() -> None:
    from carbon.catalogue.read import read

    bare = read(pd.read_csv(pd.io.common.StringIO(GOODS), dtype=str), Study().vocabulary)
    assert bare.provenance["return_rate"].tolist()[0] == 2
    kept = settled(bare)
    assert kept.provenance["return_rate"].tolist()[0] == 0
    assert kept.provenance["mass"].tolist() == [2, 2, 0]


def test_every_exchange_names_its_evidence(goods) -> None:
    table = Study("2026.2").inventory(goods)
    materials = table[table["stage"] == "materials"].groupby("sku")["evidence"].first()
    assert materials.astype(str).to_dict() == {"A": "declared", "B": "documented", "C": "declared"}
    assert by_stage(goods).shape == (3, 8)


def test_documents_and_silence_are_told_by_label_inventory_and_result(tmp_path: Path) -> None:
    study = Study("2026.2")
    told = {
        "category": "t_shirt",
        "mass": "180 g measured [scale-0412.pdf]",
        "materials": "cotton 95%; elastane 5% measured [bom-76.pdf]",
        "packaging": "courier bag 18 g; waybill 4.5 g",
    }
    goods = [{"sku": "A", **told}, {"sku": "B", "category": "t_shirt"}]
    study.label(goods, draws=100, formats=["json"]).save(tmp_path / "labels")
    labels = {}
    for file in sorted((tmp_path / "labels").rglob("[AB]-*.json")):
        labels[file.name[0]] = json.loads(file.read_text(encoding="utf-8"))
    quality = {sku: label["quality"] for sku, label in labels.items()}
    assert quality["A"]["documented_share_percent"] > 0 == quality["B"]["documented_share_percent"]
    assert quality["B"]["evidence"] == "assumed"
    silent = {sku: label["footprint"]["taken_high_for_silence"] for sku, label in labels.items()}
    assert silent["B"] > silent["A"] > 0
    exchanges = study.inventory(goods)
    by_sku = {sku: set(rows["evidence"].astype(str)) for sku, rows in exchanges.groupby("sku")}
    assert "documented" in by_sku["A"]
    assert by_sku["B"] == {"assumed"}
    graded = study.grades(goods, draws=100).set_index("sku")
    assert graded["documented_share"]["A"] > 0 == graded["documented_share"]["B"]
    assert graded["dear_kg"]["B"] > graded["dear_kg"]["A"] > 0
    assert graded["why"]["A"]
