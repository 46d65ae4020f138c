"""The merchant's report and the operator's dashboard: true, whole, safe and readable by all."""

import base64
import hashlib
import itertools
import re
import string
import tomllib
from pathlib import Path
from xml.etree import ElementTree

import html5lib
import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from carbon.base import digits
from carbon.base.errors import LedgerError, OutputError
from carbon.base.rules import templates_root
from carbon.catalogue.schema import Catalogue
from carbon.cli.dashboard import dashboard
from carbon.cli.report import report as command
from carbon.label.claims import check, load_market, markets
from carbon.pages import dashboard as board
from carbon.pages.html import Say, rendered, section, text
from carbon.pages.report import report
from carbon.paper.charts import Bar, Curve, bars, lorenz
from carbon.study import Study

EXAMPLE = Path(__file__).parents[1] / "examples" / "catalogue.csv"
DRAWS = 50

HOSTILE = """sku,name,category,mass,units_sold,return_rate,price,transport
"<script>alert(1)</script>","<img src=x onerror=alert(2)>",t_shirt,180 g,100,30%,79,"plane 1650 km"
{{7*7}},{% raw %}{{ 6*9 }},t_shirt,200 g,100,20%,79,
a"b'c,"\u202egnp.\u0007 \u200b零碳 T恤 🌿",t_shirt,150 g,50,10%,79,
LONG,LONGNAME,kitchenware,300 g,10,5%,79,
BAD,broken,t_shirt,2 ton,10,5%,79,
NOPE,unknown,no such thing,1 kg,1,5%,79,
"""


@pytest.fixture(scope="module")
def example(study):
    return made(study, EXAMPLE)


@pytest.fixture(scope="module")
def hostile(study, tmp_path_factory):
    path = tmp_path_factory.mktemp("hostile") / "goods <b>&.csv"
    path.write_text(HOSTILE.replace("LONGNAME", "长" * 5_000), encoding="utf-8")
    return made(study, path, langs=("zh", "en"), market="China")


def made(study, source, *, langs=("en",), market="EU", draws=DRAWS, catalogue=None):
    filled = catalogue if isinstance(catalogue, Catalogue) else study.catalogue(source)
    rules = load_market(market)
    return report(study, filled, rules, source=Path(source), langs=langs, draws=draws)


def tree(html):
    parser = html5lib.HTMLParser(namespaceHTMLElements=False)
    found = parser.parse(html)
    assert not parser.errors, parser.errors[:3]
    return found


def words(element):
    return " ".join(" ".join(element.itertext()).split())


def stands_alone(html):
    """No script, nothing fetched, and a policy that allows its own style sheet only."""
    root = tree(html)
    assert not list(root.iter("script"))
    for element in root.iter():
        for name, value in element.attrib.items():
            assert not str(name).startswith("on"), name
            if name in ("href", "src", "{http://www.w3.org/1999/xlink}href"):
                assert value.startswith("#"), value
            assert "url(" not in value or re.fullmatch(r"url\(#[a-z]+[12]\)", value)
    style = next(iter(root.iter("style"))).text
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = next(m for m in root.iter("meta") if m.get("http-equiv")).get("content")
    assert policy.startswith(f"default-src 'none'; style-src 'sha256-{digest}'")
    assert "@import" not in style
    assert "http" not in style


def accessible(html):
    """Headings in order, named charts, headers of tables, unique ids."""
    root = tree(html)
    levels = [int(e.tag[1]) for e in root.iter() if re.fullmatch("h[1-6]", str(e.tag))]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    for link in root.iter("a"):
        assert link.get("href")[1:] in ids
    for svg in (e for e in root.iter() if str(e.tag).endswith("svg")):
        assert svg.get("role") == "img"
        assert len(svg.get("aria-label")) > 10
    for found in root.iter("table"):
        heads = list(next(iter(found.iter("thead"))).iter("th"))
        assert all(head.get("scope") == "col" for head in heads)
        assert words(next(iter(found.iter("caption"))))
        for row in next(iter(found.iter("tbody"))):
            assert len(row) == len(heads)
            assert row[0].get("scope") == "row"


def test_the_report_stands_alone_and_is_accessible(example, hostile):
    for html, _ in (example, hostile):
        stands_alone(html)
        accessible(html)


def test_totals_are_the_sum_of_skus_times_kept_units(study, example):
    found = example[1]
    graded = study.grades(EXAMPLE, draws=0)
    skus = study.catalogue(EXAMPLE).skus
    kept = skus["units_sold"] * (1 - skus["return_rate"])
    whole = float((graded["total_kg"] * kept).sum())
    assert found.stages["total"].kg == pytest.approx(whole, rel=1e-12)
    parts = [one for name, one in found.stages.items() if name != "total"]
    assert sum(one.kg for one in parts) == pytest.approx(whole, rel=1e-12)
    assert sum(found.parts.values()) == pytest.approx(whole, rel=1e-12)
    assert all(one.low <= one.kg <= one.high for one in found.stages.values())
    assert found.categories["kg"].sum() == pytest.approx(whole, rel=1e-12)
    total = found.stages["total"]
    told, interval = digits.amount(*(end / 1000 for end in total)).split(" ")
    facts = words(next(e for e in tree(example[0]).iter("dl")))
    assert f"total {told} t CO₂e {interval}" in facts


def test_the_interval_of_the_total_is_that_of_paired_draws(study, example):
    """Drawn one by one: SKU times weight, summed draw by draw."""
    found = example[1]
    weight = found.skus["weight"].to_numpy()
    sums = np.zeros((1, DRAWS))
    for part in study.sample(EXAMPLE, DRAWS):
        own = weight[part.start : part.start + len(part.total)]
        counted = own > 0
        sums += own[counted] @ part.total[counted].astype(np.float64)
    (low,), (high,) = digits.interval(sums)
    total = found.stages["total"]
    assert total.low == pytest.approx(min(low, total.kg), rel=1e-5)
    assert total.high == pytest.approx(max(high, total.kg), rel=1e-5)


def test_the_same_catalogue_gives_the_same_bytes(study, hostile, tmp_path):
    path = tmp_path / "goods <b>&.csv"
    path.write_text(HOSTILE.replace("LONGNAME", "长" * 5_000), encoding="utf-8")
    assert made(study, path, langs=("zh", "en"), market="China")[0] == hostile[0]


def test_extremes_are_like_with_like(example):
    html, found = example
    skus = found.skus
    captions = {words(next(iter(t.iter("caption")))): t for t in tree(html).iter("table")}
    worst = captions["Furthest above their reference"]
    first = [words(cell) for cell in next(iter(next(iter(worst.iter("tbody"))).iter("tr")))]
    top = skus.loc[skus["ratio"].idxmax()]
    assert first[0] == top["sku"]
    assert first[5].replace("\xa0", " ") == f"{top['ratio_text']} %"
    assert float(top["ratio_text"]) == pytest.approx(top["ratio"] * 100, rel=0.06)
    for row in found.categories.to_dict("records"):
        least, most = skus.loc[row["least"]], skus.loc[row["most"]]
        assert least["category"] == most["category"] == row["category"]
        assert least["total_kg"] <= most["total_kg"]
        assert row["skus"] == 1 or row["p"] >= 0.3


def test_levers_are_those_of_what_if_weighted_by_kept_units(study, example):
    from carbon.footprint.scenario import what_if

    found = example[1]
    one = what_if(study, study.catalogue(EXAMPLE), ["air-to-ground"])
    kept = found.skus["weight"].to_numpy()
    saved = found.levers.set_index("lever").loc["air-to-ground"]
    assert saved["saved_kg"] == pytest.approx(float((one["saved_kg"] * kept).sum()), rel=1e-9)
    assert found.levers["lever"].iloc[-1] == "all"
    alone = found.levers["saved_kg"].iloc[:-1]
    assert alone.is_monotonic_decreasing
    assert found.levers["saved_kg"].iloc[-1] <= alone.sum()


def test_hostile_names_are_text(hostile):
    html, _found = hostile
    shown = words(tree(html))
    assert "<script" not in html
    assert "<img" not in html
    assert "<script>alert(1)</script>" in shown
    assert "{{7*7}}" in shown
    assert "\u202e" not in html
    assert "\x07" not in html
    assert "长" * 200 not in html
    assert len(html) < 200_000
    assert "goods <b>&.csv" in shown


def test_problems_stand_with_their_remedies(hostile):
    html, found = hostile
    shown = words(tree(html))
    assert "C104" in shown
    assert "吨请写 t 或 kg，盎司请写 g" in shown
    assert "write t or kg for ton" not in shown, "the language of the page is its first one"
    assert "C010" in shown
    left = found.skus["total_kg"].isna()
    assert left.sum() == 2
    assert (found.skus.loc[left, "weight"] == 0).all()


def test_claims_in_names_are_told(hostile):
    html, found = hostile
    assert found.claims["words"].tolist() == ["零碳"]
    assert found.claims["text"].tolist() == ["a\"b'c"]
    assert "第二十八条" in html


def test_two_languages_stand_beside_each_other(hostile):
    root = tree(hostile[0])
    assert root.find(".").tag == "html"
    assert root.get("lang") == "zh"
    title = next(iter(root.iter("h1")))
    assert words(title) == "碳足迹报告 Carbon footprint report"
    assert next(iter(title.iter("span"))).get("lang") == "en"


def test_without_units_sold_each_sku_counts_once(study):
    goods = study.catalogue("sku,category,mass\nA,t_shirt,180 g\nB,kitchenware,300 g\n")
    html, found = made(study, "two.csv", catalogue=goods, draws=0)
    assert not found.weighted
    assert found.stages["total"].kg == pytest.approx(found.skus["total_kg"].sum())
    assert np.isnan(found.stages["total"].low)
    assert "one kept unit of each SKU" in html
    assert "nan" not in words(tree(html)).lower()
    accessible(html)


def test_some_units_unknown_are_counted_not_guessed(study):
    goods = study.catalogue("sku,category,units_sold\nA,t_shirt,100\nB,t_shirt,\n")
    html, found = made(study, "two.csv", catalogue=goods, draws=0)
    assert found.skus["weight"].tolist()[1] == 0
    assert "1 computed SKUs have no units sold" in words(tree(html))


@pytest.mark.parametrize(
    "text_", ["sku,category\nA,nothing\n", "sku,category,units_sold\nA,kitchenware,0\n"]
)
def test_nothing_to_tell_is_still_a_page(study, text_):
    html, _ = made(study, "none.csv", catalogue=study.catalogue(text_), draws=20)
    accessible(html)
    assert "nan" not in words(tree(html)).lower()


def test_stages_outside_the_boundary_have_no_section():
    gate = Study(boundary="cradle-to-gate")
    goods = gate.catalogue("sku,category,units_sold\nA,t_shirt,10\n")
    html, found = made(gate, "gate.csv", catalogue=goods, draws=0)
    assert set(found.stages) == {"total", "materials", "production"}
    ids = {element.get("id") for element in tree(html).iter("section")}
    assert not ids & {"air", "packaging", "returns"}


def test_the_command_writes_the_page_or_says_why(tmp_path):
    source, out = tmp_path / "goods.csv", tmp_path / "deep" / "report.html"
    source.write_text("sku,category,mass,units_sold\nA,t_shirt,2 ton,5\nB,kitchenware,,3\n")
    run = CliRunner().invoke(command, [str(source), "-o", str(out), "--draws", "0", "--lang", "zh"])
    assert run.exit_code == 1, run.output
    assert "2 个商品，1 个未计算" in run.output
    assert out.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    verify = re.search(r"<code>(.*?)</code>", out.read_text(encoding="utf-8"), re.S).group(1)
    assert "carbon footprint goods.csv" in verify
    wrong = CliRunner().invoke(command, [str(source), "-o", str(tmp_path / "r.pdf")])
    assert isinstance(wrong.exception, OutputError)
    assert wrong.exception.code == "O002"
    page = tmp_path / "goods.html"
    page.write_text("sku,category\nA,kitchenware\n")
    same = CliRunner().invoke(command, [str(page), "-o", str(page)])
    assert same.exception.code == "O004"


@pytest.mark.parametrize("name", ["report", "dashboard"])
def test_words_are_whole_in_both_languages_and_claim_nothing(name):
    told = tomllib.loads((templates_root() / name / "words.toml").read_text("utf-8"))["word"]
    for key, both in told.items():
        fields = [
            sorted(field for _, field, _, _ in string.Formatter().parse(both[lang]) if field)
            for lang in ("en", "zh")
        ]
        assert fields[0] == fields[1], key
    texts = [both[lang] for both in told.values() for lang in ("en", "zh")]
    for market in markets():
        assert check(texts, load_market(market)).empty


# charts


@given(st.text(max_size=40), st.floats(allow_nan=True, allow_infinity=True), st.text(max_size=20))
@settings(max_examples=30, deadline=None)
def test_a_chart_is_well_formed_whatever_it_says(label, value, told):
    rows = [
        Bar(label, (value, 1.0), told, low=value, high=value),
        Bar("x", (1.0,), "1", strong=True),
    ]
    svg = bars(rows, name=label, key="k", legend=["a", label], unit="kg")
    root = ElementTree.fromstring(svg)
    assert "nan" not in svg.lower().replace(label.lower(), "").replace(told.lower(), "")
    assert root.get("role") == "img"


def test_bars_are_as_long_as_their_values():
    svg = bars([Bar("a", (1.0,), "1"), Bar("b", (2.0, 1.0), "3")], name="n", key="k")
    widths = [float(w) for w in re.findall(r'<rect x="[\d.]+" y="[\d.]+" width="([\d.]+)"', svg)]
    one, two, rest = widths[:3]
    assert two == pytest.approx(2 * one, rel=1e-3)
    assert rest == pytest.approx(one, rel=1e-3)


def test_lorenz_curves_go_from_corner_to_corner():
    svg = lorenz([Curve("c", [0, 0.5, 1], [0, 0.1, 1])], name="n", across="a", up="u", equal="e")
    paths = re.findall(r'd="M([\d. L]+)"', svg)
    assert len(paths) == 2
    ends = [path.split(" L") for path in paths]
    assert ends[0][0] == ends[1][0]
    assert ends[0][-1] == ends[1][-1]


# the dashboard

ROOMS = pd.DataFrame(
    {
        "room": ["r1", "<script>", "r3", "r4"],
        "merchant": ["m1", "{{7*7}}", "m3", None],
        "status": ["eligible", "provisional", "not_eligible", "eligible"],
        "tier": ["low-carbon", "green", "green", ""],
        "tier_en": ["low-carbon room", "green room", "green room", ""],
        "tier_zh": ["低碳直播间", "绿色直播间", "绿色直播间", ""],
        "points": [85.0, 61.5, 70.0, 20.0],
        "boost": [0.2, 0.0, 0.0, 0.0],
        "gates_failed": ["", "", "coverage metered", ""],
        "kept_revenue": [100, 300, 500, 100],
        "footprint_kg": [1000.0, 2000.0, np.nan, 500.0],
        "credits_kg": [0.0, 0.0, 0.0, 0.0],
        "residual_kg": [1000.0, 2000.0, np.nan, 500.0],
        "policy": "default 2026.1+0123",
        "basis": "2026.1 | GWP100 AR6 | cradle-to-grave | kept unit",
    }
)
REASONS = pd.DataFrame(
    [
        {
            "room": room,
            "kind": "criterion",
            "name": name,
            "value": value,
            "points": points,
            "most": 10.0,
            "lost": 10.0 - points,
            "adds": 10.0 - points,
            "en": f"{name}: do better",
            "zh": f"{name}：改进",
        }
        for room, name, value, points in (
            ("r1", "air_share", 0.1, 10.0),
            ("<script>", "air_share", 0.5, 4.0),
            ("r3", "air_share", np.nan, 0.0),
            ("r4", "air_share", 0.3, 6.0),
            ("r1", "return_rate", 0.1, 9.0),
            ("<script>", "return_rate", 0.5, 9.0),
            ("r3", "return_rate", 0.2, 9.0),
            ("r4", "return_rate", 0.3, 9.0),
        )
    ]
)
SHARES = pd.DataFrame(
    [
        ("rule", "floor", 0.2, 0.3, 0.3, True, 0.42, "floor binds", "保底起作用"),
        ("rule", "room_cap", 0.05, 0.04, 0.1, False, 0.0, "says nothing", "不起作用"),
        ("concentration", "gini", 0.7, 0.6, np.nan, None, np.nan, "Gini coefficient", "基尼系数"),
        ("concentration", "rooms", 4, 4, np.nan, None, np.nan, "rooms", "直播间"),
        ("fairness", "price_of_fairness", np.nan, 0.09, np.nan, None, np.nan, "sent away", "改变"),
        *(
            (
                "lorenz",
                f"{at / 10:.2f}",
                (at / 10) ** 3,
                (at / 10) ** 2,
                np.nan,
                None,
                np.nan,
                "",
                "",
            )
            for at in range(11)
        ),
    ],
    columns=["section", "name", "before", "after", "bound", "binds", "price", "en", "zh"],
)


def test_the_dashboard_counts_rooms_and_points():
    html = board.page(ROOMS, REASONS, SHARES, subject="rooms.csv")
    stands_alone(html)
    accessible(html)
    assert "<script" not in html
    charts = {
        svg.get("aria-label").partition(":")[0]: svg.get("aria-label")
        for svg in tree(html).iter()
        if str(svg.tag).endswith("svg")
    }
    tiers = "Rooms by tier: low-carbon room 1; green room 0 + 1; no tier 2"
    assert charts["Rooms by tier"] == tiers
    assert "coverage" not in charts["Gates not passed"]
    assert charts["Gates not passed"].count("1 · 25 %") == 2
    lost = (
        "Points lost by criterion: air share −5.0 / 10; return rate against the category −1.0 / 10"
    )
    assert charts["Points lost by criterion"] == lost
    assert charts["Lorenz curves of impressions"].endswith("before, Gini 0.700; after, Gini 0.600")
    assert "80–90 1;" in charts["Points of the rooms"]
    shown = words(tree(html))
    assert "+42 %" in shown.replace("\xa0", " ")
    assert "Price of fairness" in shown
    assert shown.index("{{7*7}}") > 0


def test_the_dashboard_names_the_next_step_of_each_room():
    html = board.page(ROOMS, REASONS, langs=("zh", "en"))
    found = next(t for t in tree(html).iter("table") if "下一步" in words(t))
    rows = [[words(cell) for cell in row] for row in next(iter(found.iter("tbody")))]
    assert [row[0] for row in rows] == ["r3", "<script>", "r4"]  # r1 has the best tier
    assert rows[0][4] == "air_share：改进 air_share: do better"
    assert rows[1][5] == "6.0"
    assert "未提供曝光分配结果" in html


def test_without_any_boost_every_room_can_rise():
    html = board.page(ROOMS.assign(boost=0.0), REASONS, langs=("en",))
    found = next(t for t in tree(html).iter("table") if "what adds most" in words(t))
    rows = [[words(cell) for cell in row] for row in next(iter(found.iter("tbody")))]
    assert [row[:2] for row in rows] == [
        ["r1", "m1"], ["r3", "m3"], ["<script>", "{{7*7}}"], ["r4", ""],
    ]  # fmt: skip


@given(st.permutations(range(4)))
@settings(max_examples=5, deadline=None)
def test_the_order_of_rooms_changes_nothing(order):
    whole = board.page(ROOMS, REASONS)
    assert board.page(ROOMS.iloc[list(order)], REASONS) == whole


def test_no_rooms_are_still_a_page():
    html = board.page(ROOMS.iloc[:0], REASONS.iloc[:0], SHARES.iloc[:0])
    accessible(html)
    assert "nan" not in words(tree(html)).lower()


@pytest.mark.parametrize("ending", [".csv", ".parquet", ".xlsx", ".jsonl"])
def test_the_dashboard_reads_every_format(tmp_path, ending):
    from carbon.run.results import write_table

    rooms, out = tmp_path / f"rooms{ending}", tmp_path / "page.html"
    write_table(ROOMS.drop(columns="merchant").assign(merchant="m"), rooms)
    write_table(REASONS, tmp_path / f"rooms-reasons{ending}")
    write_table(SHARES, tmp_path / f"shares-report{ending}")
    args = [str(rooms), "-o", str(out), "--exposure", str(tmp_path / f"shares{ending}")]
    run = CliRunner().invoke(dashboard, args)
    assert run.exit_code == 0, run.exception
    html = out.read_text(encoding="utf-8")
    assert "Gini 0.600" in html
    assert "low-carbon room 1; green room 0 + 1; no tier 2" in html


def test_the_dashboard_refuses_other_tables(tmp_path):
    rooms = tmp_path / "rooms.csv"
    rooms.write_text("room,points\nr1,3\n")
    (tmp_path / "rooms-reasons.csv").write_text("room\n")

    def code(*more):
        args = [str(rooms), "-o", str(tmp_path / "p.html"), *more]
        return CliRunner().invoke(dashboard, args).exception.code

    assert code() == "G005"
    rooms.write_bytes(b"\xff\xfe\x00")
    assert code() == "G008"
    rooms.unlink()
    assert code() == "G001"
    assert isinstance(LedgerError("G002"), LedgerError)
    rooms = tmp_path / "rooms.doc"
    assert code() == "G002"


def test_a_page_says_what_it_is_even_without_sections():
    say = Say("report", ["en"])
    html = rendered(
        say,
        title=say("title"),
        title_text="t",
        subject="<b>",
        basis="",
        declared="",
        sections=[section("a", say("totals"), text(say("none")))],
        footer="f",
    )
    assert words(next(iter(tree(html).iter("bdi")))) == "<b>"
