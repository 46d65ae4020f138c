"""Pictures are well-formed, honest and readable, whatever the names."""

from __future__ import annotations

import math
import re
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carbon.base.terms import STAGES
from carbon.paper.sku_charts import stage_chart, waterfall
from carbon.paper.strokes import INK, LESS, MORE, PAPER, SOFT, WHOLE

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = "<script>alert('x')</script> & \"]]>\x00\x1b[31m\u202eevil\ud800\ufffe" + "长" * 500
NUMBERS = st.floats(-1e4, 1e4)


def parsed(text: str) -> ElementTree.Element:
    return ElementTree.fromstring(text.encode())


def shown(root: ElementTree.Element) -> list[str]:
    return [element.text or "" for element in root.iter(f"{SVG}text")]


@settings(max_examples=60, deadline=None)
@given(
    values=st.lists(NUMBERS | st.just(math.nan), min_size=0, max_size=8),
    name=st.text(),
    lang=st.sampled_from(["zh", "en"]),
)
def test_any_numbers_and_names_give_a_document(values: list[float], name: str, lang: str) -> None:
    stages = dict(zip(STAGES, values, strict=False))
    spread = {s: (v - abs(v) / 2, v + 1) for s, v in stages.items() if not math.isnan(v)}
    for text in (
        stage_chart(stages, intervals=spread, name=name, basis=name, lang=lang),
        waterfall(1.0, [(name, value) for value in values if value == value], name=name, lang=lang),
    ):
        root = parsed(text)
        for element in root.iter():
            for key in ("x", "x1", "x2", "width", "height"):
                if key in element.attrib:
                    assert 0 <= float(element.attrib[key]) <= 820.5
        assert "nan" not in re.sub(r">[^<]*<", "><", text)


def test_hostile_names_stay_text() -> None:
    for text in (
        stage_chart({"materials": 1.0}, name=HOSTILE, basis=HOSTILE),
        waterfall(1.0, [(HOSTILE, 0.5)], name=HOSTILE, basis=HOSTILE),
    ):
        root = parsed(text)
        assert not list(root.iter(f"{SVG}script"))
        assert not re.search(r"[\x00-\x08\x0b-\x1f\u202e\ufffe]", text)
        assert max(map(len, shown(root))) < 130


def test_it_speaks_to_those_who_cannot_see_it() -> None:
    root = parsed(stage_chart({"materials": 1.0, "packaging": -0.2}, name="Tea", lang="en"))
    assert root.attrib["role"] == "img"
    assert root.attrib["aria-labelledby"] == "t d"
    assert root.find(f"{SVG}title").text == "Footprint by stage: Tea"
    assert "packaging −0.20" in root.find(f"{SVG}desc").text
    assert "原材料" in shown(parsed(stage_chart({"materials": 1.0}, lang="zh")))


def test_negative_stages_lie_on_the_other_side_of_zero() -> None:
    root = parsed(stage_chart({"materials": 1.0, "packaging": -0.5}, lang="en"))
    bars = [bar for bar in root.iter(f"{SVG}rect") if bar.get("stroke")]
    above, below, total = bars
    zero = float(above.attrib["x"])
    assert float(below.attrib["x"]) + float(below.attrib["width"]) == pytest.approx(zero)
    assert float(total.attrib["x"]) == zero
    assert below.attrib["fill"] == "url(#h)"
    assert above.attrib["fill"] != "url(#h)"
    scale = float(above.attrib["width"])
    assert float(below.attrib["width"]) == pytest.approx(scale / 2, rel=0.01)
    assert float(total.attrib["width"]) == pytest.approx(scale / 2, rel=0.01)
    assert any("below zero" in text for text in shown(root))


def test_a_waterfall_hangs_together() -> None:
    root = parsed(waterfall(4.0, [("a", 3.0), ("b", 3.5), ("c", 1.0)], lang="en"))
    bars = [bar for bar in root.iter(f"{SVG}rect") if bar.get("stroke")]
    ends = [(float(b.get("x")), float(b.get("x")) + float(b.get("width"))) for b in bars]
    assert ends[0][1] == pytest.approx(ends[1][1])
    assert ends[1][0] == pytest.approx(ends[2][0])
    assert ends[2][1] == pytest.approx(ends[3][1])
    assert ends[3][0] == pytest.approx(ends[4][1])
    assert [bar.get("fill") == "url(#h)" for bar in bars] == [False, False, True, False, False]
    assert {"−1.00", "+0.50", "−2.5"} <= set(shown(root))


def test_no_more_digits_than_the_interval_allows() -> None:
    root = parsed(stage_chart({"materials": 3.68123}, intervals={"materials": (2.1, 6.9)}))
    assert "3.7 (2.1 至 6.9)" in shown(root)


def test_colours_can_be_read() -> None:
    def light(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    for colour in (INK, SOFT, MORE, LESS, WHOLE):
        assert (light(PAPER) + 0.05) / (light(colour) + 0.05) >= 4.5, colour


def test_the_same_numbers_give_the_same_bytes() -> None:
    once, again = (stage_chart({"materials": 1 / 3}, name="A") for _ in range(2))
    assert once == again
