"""Labels: the facts they are filled with, how they look, and what they refuse."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import cv2
import html5lib
import jsonschema
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from label_facts import DAY, ISSUE, SCALE, fact, frames
from nightly import night
from pictures.renew import FOLDER, LANGS, drawn
from PIL import Image

from carbon.base import digits
from carbon.base.errors import RuleError
from carbon.base.rules import templates_root
from carbon.base.terms import STAGES as ORDER
from carbon.catalogue.barcodes import is_gtin
from carbon.label.claims import check, load_market, markets
from carbon.label.design import DESIGNS, load_design, load_words
from carbon.label.facts import Issue, facts
from carbon.label.link import check_url, link_of, qr
from carbon.label.machine import json_label, json_ld
from carbon.label.render import Style, render, sheet_of
from carbon.label.scale import STATES
from carbon.paper.markup import still_page, still_picture
from carbon.paper.pdf import png
from carbon.paper.text import width

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = [
    "夏季新款纯棉圆领短袖T恤男女同款宽松大码潮流百搭上衣情侣装打底衫多色可选买二送一限时直播间专享价格优惠包邮到家",
    "🎁👨‍👩‍👧 T恤 🧵",
    "قميص قطني \u202eexe.gnp\u202c חולצה",
    "<script>alert(1)</script>",
    "</title></svg><script>alert(1)</script>",
    "{{ 7*7 }}{% for x in y %}",
    "a\x00b\x07c\x1bd\r\ne\u2028f\ufffeg",
    "W" * 10_000,
    "字" * 10_000,
    "e" + "\u0301" * 500,
    "\ufdfd" * 30,
    '" onload="alert(1)" x=\'',
    "&lt;b&gt; &amp; ]]>",
    "Buy now: onsale = 50% javascript: url(x)",
    "   ",
]


def svg_of(kind: str = "label", lang: str = "zh", issue: Issue = ISSUE, **row: Any) -> str:
    design = load_design(kind)
    return design.svg(design.values(fact(issue, **row), issue.scale, LANGS[lang]))


def texts_of(svg: str) -> list[str]:
    root = ElementTree.fromstring(svg)
    return ["".join(one.itertext()) for one in root.iter(f"{SVG}text")]


# what they look like


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("name", DESIGNS)
def test_every_state_looks_as_it_was_reviewed(name: str, lang: str) -> None:
    """At most 1 % of the pixels may differ by more than an eighth of the range."""
    reviewed = np.asarray(Image.open(FOLDER / f"{name}-{lang}.png").convert("RGB"), dtype=int)
    now = np.asarray(drawn(name, lang), dtype=int)
    assert now.shape == reviewed.shape
    assert (np.abs(now - reviewed).max(axis=2) > 32).mean() < 0.01


@pytest.mark.parametrize(
    ("name", "size"), [("portrait", (1080, 1920)), ("landscape", (1920, 1080))]
)
def test_an_overlay_has_the_pixels_of_the_picture(name: str, size: tuple[int, int]) -> None:
    style = Style(load_design(f"overlay-{name}"), ISSUE.scale, formats=("png",), dpi=300)
    picture = Image.open(io.BytesIO(render(fact(), style)["png"]))
    assert picture.size == size
    assert picture.convert("RGBA").getpixel((5, 5))[3] == 0, "transparent beside the card"


@pytest.mark.parametrize("name", DESIGNS)
def test_contrast_reaches_wcag_aa(name: str) -> None:
    sheet = load_design(name).sheet
    assert {"ink", "soft", *SCALE.letters} <= {key for pair in sheet.contrast for key in pair}
    for one, other in sheet.contrast:
        bright, dark = sorted(
            (_luminance(sheet.colours[one]), _luminance(sheet.colours[other])), reverse=True
        )
        assert (bright + 0.05) / (dark + 0.05) >= 4.5, (one, other)


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("state", [*list(STATES)[::2], *night(*list(STATES)[1::2])])
@pytest.mark.parametrize("name", DESIGNS)
def test_type_is_large_enough_and_stays_on_the_paper(name: str, state: str) -> None:
    sheet = load_design(name).sheet
    for lang in LANGS:
        svg = svg_of(
            name, lang, state=state, name=HOSTILE[0], verifier="核查" * 40, certificate="C"
        )
        sizes = [float(found) for found in re.findall(r'font-size="([\d.]+)"', svg)]
        assert min(sizes) >= sheet.smallest
        root = ElementTree.fromstring(svg)
        for left, top, right, said in _boxes(root):
            assert left >= -0.01, said
            assert right <= sheet.width * 0.99, said
            assert 0 < top < sheet.height * 0.992, said


def _boxes(
    node: ElementTree.Element,
    x: float = 0.0,
    y: float = 0.0,
    size: float = 16.0,
    bold: bool = False,
    anchor: str = "start",
) -> list[tuple[float, float, float, str]]:
    """Left, base line and right of every line of text, from the table of widths."""
    moved = re.match(r"translate\(([-\d.]+) ([-\d.]+)\)", node.get("transform", ""))
    if moved:
        x, y = x + float(moved[1]), y + float(moved[2])
    size, anchor = float(node.get("font-size", size)), node.get("text-anchor", anchor)
    bold = int(node.get("font-weight", 700 if bold else 400)) >= 600
    if node.tag != f"{SVG}text":
        return [box for child in node for box in _boxes(child, x, y, size, bold, anchor)]
    long = width(node.text or "", size, bold=bold)
    for part in node:
        long += width(part.text or "", float(part.get("font-size", size)), bold=bold)
        long += float(part.get("dx", 0))
    left = x + float(node.get("x", 0)) - {"start": 0.0, "middle": 0.5, "end": 1.0}[anchor] * long
    return [(left, y + float(node.get("y", 0)), left + long, "".join(node.itertext()))]


def test_colour_is_never_alone() -> None:
    """Every state says its name, and the letter stands in it as a letter."""
    words = {
        "sure": "等级确定", "range": "等级区间 B–C", "estimate": "类目估算", "withheld": "暂缓分级",
        "unknown": "未知", "not_applicable": "不分级",
    }  # fmt: skip
    assert set(words) == set(STATES)
    for state, word in words.items():
        for name in ("label", "sheet"):
            assert word in texts_of(svg_of(name, state=state))
    assert "stroke-dasharray" in svg_of(state="range")
    assert "stroke-dasharray" not in svg_of(state="sure")
    for letter in SCALE.letters:
        assert letter in texts_of(svg_of())


# what they say


@pytest.mark.parametrize("state", STATES)
def test_badge_label_sheet_overlay_json_and_page_never_disagree(state: str) -> None:
    told = fact(state=state, gtin="6901234567892", name="连衣裙")
    machine = json.loads(json_label(told, SCALE))
    jsonschema.validate(
        machine, json.loads((templates_root() / "schema" / "label.schema.json").read_text())
    )
    product = json.loads(json_ld(told, SCALE))
    values = {one["name"]: one["value"] for one in product["additionalProperty"]}
    number = "" if machine["footprint"]["value"] is None else f"{machine['footprint']['value']}"
    assert number == told["total"]
    assert values["carbonFootprint"] == (machine["footprint"]["value"] or "unknown")
    assert values.get("carbonFootprintGrade") == machine["grade"]["letter"]
    for name in DESIGNS:
        design = load_design(name)
        for langs in LANGS.values():
            svg = design.svg(design.values(told, SCALE, langs))
            lines = texts_of(svg)
            if number:
                assert any(line.startswith(number) for line in lines)
            big = re.findall(r'font-size="(?:7.4|9.6|15|29|58|124|132)"[^>]*>([A-E–]+)<', svg)
            assert "–".join(big) == (machine["grade"]["letter"] or "")
    assert (machine["grade"]["letter"] is None) == (state not in ("sure", "range"))
    if machine["grade"]["letter"]:
        chance = f"{machine['grade']['probability_percent']}%"
        assert any(line.endswith(chance) for line in texts_of(svg_of(state=state)))


positive = st.floats(1e-4, 1e5)


@given(
    st.lists(st.tuples(positive, st.floats(1.01, 50.0), st.floats(0, 1)), min_size=1, max_size=60)
)
@settings(max_examples=8, deadline=None)
def test_numbers_are_printed_as_everywhere_in_the_house(
    drawn: list[tuple[float, float, float]],
) -> None:
    rows = [
        {"low_kg": low, "high_kg": low * wide, "total_kg": low + low * (wide - 1) * at}
        for low, wide, at in drawn
    ]
    many = facts(*frames(*rows), ISSUE)
    for row, told in zip(rows, many.to_dict("records"), strict=True):
        value, first, last = (float(told[key]) for key in ("total", "low", "high"))
        assert first <= value <= last
        shown = [digits.printed(told[key]) for key in ("total", "low", "high")]
        assert digits.amount(row["total_kg"], row["low_kg"], row["high_kg"]) == (
            f"{shown[0]} ({shown[1]}–{shown[2]})"
        )
        alone = json.loads(json_label(fact(**row), SCALE))["footprint"]
        assert [alone[key] for key in ("value", "low", "high")] == [value, first, last]


near = st.tuples(
    st.sampled_from(SCALE.bounds.tolist()),
    st.floats(-0.02, 0.02),
    st.sampled_from([1.0, 1e-3, 1e-9]),
)


@given(st.lists(near, min_size=1, max_size=60), st.floats(1.0, 9.99))
@settings(max_examples=25, deadline=None)
def test_a_printed_ratio_lies_in_its_letter_and_is_that_of_the_printed_numbers(
    drawn: list[tuple[float, float, float]], reference: float
) -> None:
    ratio = np.array([bound * (1 + off * tiny) for bound, off, tiny in drawn])
    rows = ({"ratio": r, "reference_kg": reference, "total_kg": r * reference} for r in ratio)
    many = facts(*frames(*rows), ISSUE)
    printed = many["ratio"].astype(float).to_numpy() / 100
    assert SCALE.letter(printed).tolist() == SCALE.letter(ratio).tolist()
    again = many["total"].astype(float) / many["reference_kg"].astype(float)
    moved = np.abs(printed - again.to_numpy()) > 0.00501
    # what is rounded can lie beyond a bound; then the printed ratio stops at the bound
    edges = np.abs(printed[:, None] - SCALE.bounds).min(axis=1)
    assert (edges[moved] <= 0.00101).all()


def test_a_ratio_is_that_of_the_printed_total_and_reference() -> None:
    printed = fact(total_kg=3.3, reference_kg=4.12, ratio=3.3 / 4.12, letter="B")
    assert (printed["total"], printed["reference_kg"], printed["ratio"]) == ("3.3", "4.1", "80")
    # the printed numbers would be 120 %, a C; the ratio stops at the bound
    printed = fact(total_kg=3.649, reference_kg=2.981, ratio=3.649 / 2.981, letter="D")
    assert (printed["total"], printed["reference_kg"], printed["ratio"]) == ("3.6", "3.0", "122.1")


@given(st.lists(st.just(0.0) | st.floats(1e-6, 1e3), min_size=8, max_size=8))
@settings(max_examples=25, deadline=None)
def test_the_shares_of_the_stages_sum_to_a_hundred(kg: list[float]) -> None:
    stages = {f"{stage}_kg": part for stage, part in zip(ORDER, kg, strict=True)}
    told = fact(total_kg=sum(kg), **stages)
    shares = [told[f"{stage}_share"] for stage in ORDER]
    if sum(kg) > 0:
        assert sum(int(share) for share in shares if share != "<1") == 100
    for part, share in zip(kg, shares, strict=True):
        assert part == 0 or share != "0"


@given(st.lists(st.floats(0, 1), min_size=1, max_size=60))
@settings(max_examples=8, deadline=None)
def test_a_probability_is_never_rounded_up(drawn: list[float]) -> None:
    rows = [{"state": "range", "letter_probability": one} for one in drawn if one >= 0.01]
    told = facts(*frames(*rows), ISSUE)["probability"] if rows else []
    for row, printed in zip(rows, told, strict=True):
        assert float(printed) <= row["letter_probability"] * 100 + 1e-6


def test_what_is_little_is_not_nothing_and_what_is_unknown_is_empty() -> None:
    told = fact(air_share=0.001, packaging_g=np.nan, return_rate=np.nan, live_session_kg=0.0)
    assert told["air"] == "<1"
    assert told["packaging"] == told["return_rate"] == ""
    assert told["live_session_share"] == "0"
    assert "未知" in texts_of(svg_of(packaging_g=np.nan))
    assert json.loads(json_label(told, SCALE))["packaging_g"] is None


def test_a_label_is_valid_for_two_years_or_as_long_as_its_certificate() -> None:
    assert fact()["valid_until"] == "2028-09-01"
    leap = Issue(pd.Timestamp("2024-02-29").date(), SCALE, "m", "cradle-to-grave")
    assert leap.valid_until.isoformat() == "2026-02-28"
    told = fact(verifier="CQC", certificate="PCF-1", verified_until="2027-01-31")
    assert told["valid_until"] == "2027-01-31"
    assert "核查方：CQC" in texts_of(svg_of(verifier="CQC", certificate="PCF-1"))
    assert "自我声明，未经第三方核查" in texts_of(svg_of())
    assert json.loads(json_ld(told, SCALE))["hasCertification"]["expires"] == "2027-01-31"
    assert "hasCertification" not in json.loads(json_ld(fact(), SCALE))


def test_facts_of_many_are_those_of_each() -> None:
    rows = [{"state": state, "sku": state} for state in STATES]
    many = facts(*frames(*rows), ISSUE)
    for at, row in enumerate(rows):
        assert many.iloc[at].to_dict() == fact(**row)


@pytest.mark.parametrize("market", markets())
def test_our_own_words_claim_nothing(market: str) -> None:
    words = load_words()
    own = [text for name in DESIGNS for text in load_design(name).texts]
    found = check([*words.zh.values(), *words.en.values(), *own], load_market(market))
    assert found.empty, found


# links and codes


@given(st.text("0123456789", min_size=13, max_size=13))
def test_a_check_digit_makes_a_gtin(digits: str) -> None:
    good = [last for last in "0123456789" if is_gtin(digits + last)]
    assert len(good) == (0 if not int(digits) and not good else 1)


def test_links_are_escaped_and_bounded() -> None:
    assert link_of("a", "96385074", "e", resolver="https://id.gs1.org").endswith(
        "/01/00000096385074"
    )
    assert link_of("a&b?c#d", "", "e", url="https://x.example/{sku}?e={edition}") == (
        "https://x.example/a%26b%3Fc%23d?e=e"
    )
    assert link_of("a" * 400, "", "e", url="https://x.example/{sku}") == ""
    assert link_of("{gtin}", "", "e", url="https://x.example/{gtin}") == ""
    for wrong in ("javascript:alert(1)", "shop", "https://x y/", "http://x/{name}", "ftp://x/"):
        with pytest.raises(RuleError, match="L011"):
            check_url(wrong)


@pytest.mark.parametrize("gtin", ["6901234567892", ""])
def test_the_code_scans_at_seventy_percent_blurred_and_turned(gtin: str) -> None:
    """At 47 mm and 300 dpi, by a decoder that is not the encoder's."""
    svg = svg_of(gtin=gtin)
    picture = Image.open(io.BytesIO(png(svg, 300 * 47 / 68))).convert("RGB")
    assert picture.width == pytest.approx(47 / 25.4 * 300, abs=1)
    grey = cv2.cvtColor(np.asarray(picture), cv2.COLOR_RGB2GRAY)
    expected = fact(gtin=gtin)["link"]
    assert expected.startswith("https://id.gs1.org/01/0690" if gtin else "https://shop.example/")
    padded = cv2.copyMakeBorder(grey, 400, 400, 400, 400, cv2.BORDER_CONSTANT, value=255)
    middle = (padded.shape[1] / 2, padded.shape[0] / 2)
    turned = [
        cv2.warpAffine(
            padded,
            cv2.getRotationMatrix2D(middle, angle, 0.98),
            padded.shape[::-1],
            borderValue=255,
        )
        for angle in (7, -20, 90, 180)
    ]
    for one in (grey, cv2.GaussianBlur(grey, (5, 5), 1.0), *turned):
        assert cv2.QRCodeDetector().detectAndDecode(one)[0] == expected


def test_a_label_without_a_link_holds_its_data() -> None:
    bare = Issue(DAY, SCALE, "GWP100 AR6", "cradle-to-grave")
    design = load_design("label")
    values = design.values(fact(bare), SCALE, ("zh",))
    assert values["f"]["code"] == "TS-001: 7.2 kg CO2e (5.1–10.4) 2026.1+000000000000"
    assert qr(values["f"]["code"])[1] in design.svg(values)


# hostile names


@pytest.mark.parametrize("name", HOSTILE)
def test_any_name_is_drawn_as_text_and_fits(name: str) -> None:
    told = fact(
        name=name, merchant=name[:300], sku=name[:300] or "x", certificate="c", verifier=name
    )
    for design in DESIGNS:
        files = render(
            told, Style(load_design(design), SCALE, ("zh", "en"), ("svg", "html", "json"))
        )
        svg = files["svg"].decode()
        root = ElementTree.fromstring(svg)
        assert not list(root.iter(f"{SVG}script"))
        assert "49" not in "".join(texts_of(svg))
        sheet = load_design(design).sheet
        for left, _, right, said in _boxes(root):
            assert left >= -0.01, said
            assert right <= sheet.width * 0.99, said
        assert len(svg) < 60_000
        page = files["html"].decode()
        assert page.count("<script") == 1
        still_picture(svg, design)
        still_page(
            page.replace(svg.strip(), "<carbon-picture></carbon-picture>"), design, svg, "{}"
        )
        json.loads(files["json"])
    assert png(svg_of(name=name), 60)[1:4] == b"PNG"


# pages


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("name", DESIGNS)
def test_pages_are_valid_and_named(name: str, state: str) -> None:
    told = fact(state=state, gtin="6901234567892")
    style = Style(load_design(name), SCALE, ("zh", "en"), ("html", "svg"))
    files = render(told, style)
    page = files["html"].decode()
    parser = html5lib.HTMLParser(strict=False)
    parser.parse(page) if page.startswith("<!doctype") else parser.parseFragment(page)
    assert not [error for _, error, _ in parser.errors if error != "expected-doctype-but-got"]
    root = ElementTree.fromstring(files["svg"])
    names = root.get("aria-labelledby", "").split()
    assert root.get("role") == "img"
    assert root.get("lang") == "zh-Hans"
    assert {node.get("id") for node in root if node.tag in (f"{SVG}title", f"{SVG}desc")} == {
        *names
    }
    other = render(fact(sku="TS-002"), style)["svg"].decode()
    assert not set(re.findall(r' id="([^"]+)"', other)) & set(names)
    assert still_picture(files["svg"].decode(), name).startswith("<svg")


CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
AXE = Path(os.environ.get("AXE", "node_modules/axe-core/axe.min.js"))


@pytest.mark.skipif(not CHROMIUM or not AXE.is_file(), reason="needs chromium and AXE=axe.min.js")
def test_pages_have_no_violations_in_a_browser(tmp_path: Path) -> None:
    body = [
        render(fact(state=state, sku=state), Style(load_design(name), SCALE, langs, ("html",)))
        for name in ("badge", "label", "sheet")
        for langs, state in zip([*LANGS.values(), ("en", "zh")], STATES, strict=True)
    ]
    run = "axe.run().then(r => { document.title = 'V' + r.violations.map(v => v.id).join() + 'V' })"
    snippets = "".join(one["html"].decode().replace("carbon-label", "a") for one in body)
    (tmp_path / "page.html").write_text(
        '<!doctype html><html lang="zh-Hans"><head><meta charset="utf-8"><title>x</title></head>'
        f"<body><main><h1>x</h1>{snippets}</main>"
        f"<script>{AXE.read_text()}</script><script>{run}</script></body></html>"
    )
    told = subprocess.run(
        [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=20000",
         "--dump-dom", f"file://{tmp_path}/page.html"],
        capture_output=True, text=True, timeout=120, check=True,
    ).stdout  # fmt: skip
    assert re.search(r"<title>V(.*?)V</title>", told)[1] == ""


# folders of strangers


@pytest.fixture
def stranger(tmp_path: Path) -> Path:
    folder = tmp_path / "mine"
    shutil.copytree(templates_root() / "label", folder)
    return folder


def test_a_copied_folder_draws_the_same(stranger: Path) -> None:
    design = load_design(stranger)
    drawn = design.svg(design.values(fact(), SCALE, ("zh",)))
    assert ElementTree.canonicalize(drawn) == ElementTree.canonicalize(svg_of())
    page = render(fact(), Style(design, SCALE, ("zh",), ("html",)))["html"].decode()
    assert drawn.strip() in page
    assert json_ld(fact(), SCALE) in page


@pytest.mark.parametrize(
    ("file", "found", "put", "code"),
    [
        ("picture.svg.j2", "<title", "<script>alert(1)</script><title", "L001"),
        ("picture.svg.j2", "<title", "<image href='/etc/passwd'/><title", "L001"),
        ("picture.svg.j2", "<title", "{{ '<scr' }}{% if 1 %}<scr{% endif %}ipt><title", "L004"),
        ("picture.svg.j2", "<title", "{{ f.__class__ }}<title", "L002"),
        ("picture.svg.j2", "<title", "{% include '/etc/passwd' %}<title", "L002"),
        ("page.html.j2", "<details>", '<details ontoggle="alert(1)">', "L001"),
        ("label.toml", "width = 68", 'width = "x"', "P003"),
        ("label.toml", "width = 68", "width = 68\nrun = 1", "P003"),
        ("label.toml", 'ink = "#17302c"', 'ink = "red"', "P003"),
        ("label.toml", 'text = "f.total"', 'text = "f.__class__"', "L012"),
        ("label.toml", 'contrast = [["ink", "paper"]', 'contrast = [["ink", "moon"]', "L012"),
        ("label.toml", "[fit]", '[words.zh]\nmine = "x"\n[fit]', "L012"),
        ("label.toml", "[fit]", "[fit", "P002"),
    ],
)
def test_a_strangers_folder_is_refused(
    stranger: Path, file: str, found: str, put: str, code: str
) -> None:
    path = stranger / file
    text = path.read_text()
    assert found in text
    path.write_text(text.replace(found, put, 1))
    with pytest.raises(RuleError) as caught:
        render(fact(), Style(load_design(stranger), SCALE, ("zh",), ("svg", "html")))
    assert caught.value.code == code


def test_a_folder_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RuleError, match="L012"):
        load_design("poster")
    (tmp_path / "empty").mkdir()
    with pytest.raises(RuleError, match="P001"):
        load_design(tmp_path / "empty")


# sheets of labels


def test_sheets_hold_every_label_with_cut_marks() -> None:
    style = Style(load_design("label"), SCALE)
    told = [fact(sku=f"S-{number}") for number in range(7)]
    import pdfplumber

    with pdfplumber.open(io.BytesIO(sheet_of(told, style, 0.7))) as found:
        assert [round(page.width / 72 * 25.4) for page in found.pages] == [210, 210]
        text = "".join(page.extract_text() or "" for page in found.pages)
        assert all(f"S-{number}" in text for number in range(7))
        assert len(found.pages[0].lines) >= 6 * 8
