"""Paper: templates of strangers, text that fits, fonts, PNG and PDF."""

from __future__ import annotations

import io
import time
from pathlib import Path

import numpy as np
import pdfplumber
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from carbon.base.errors import OutputError, RuleError
from carbon.paper import fonts, markup, outline, page, pdf, raster, text

SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="40mm" height="20mm" '
    'viewBox="0 0 40 20">{}</svg>'
)
WORDS = SVG.format('<text x="2" y="10" font-size="6">碳足迹 7.2</text>')

BOMBS = [
    "{{ 'a' * 10**9 }}",
    "{{ 'a' * 1000000000 }}",
    "{% set x = 'a' %}" + "{% set x = x ~ x %}" * 60 + "{{ x }}",
    "{% set x = 'a' %}" + "{% set x = x + x %}" * 60 + "{{ x }}",
    "{% for a in range(10000) %}{% for b in range(10000) %}{% endfor %}{% endfor %}",
    "{% for a in range(10**9) %}{% endfor %}",
    "{% macro m() %}{{ m() }}{{ m() }}{% endmacro %}{{ m() }}",
    "{% include 'page.j2' %}{% include 'page.j2' %}",
    "{% for a in [[1], [2]] recursive %}{{ loop([[a], [a]]) }}{{ loop([[a], [a]]) }}{% endfor %}",
    "{{ '%1000000000d' % 1 }}",
    "{{ 9**9**9 }}",
    "{{ 10**10 }}",
    "{% set a = [1, 2] %}" + "{% set a = [a, a] %}" * 40 + "{{ a == a }}{{ a }}",
    "{% set a = [1] %}{% set b = [1] %}"
    + "{% set a = [a, a] %}{% set b = [b, b] %}" * 40
    + "{{ a == b }}",
    "{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}",
    "{{ x.__class__ }}",
    "{{ ''.__class__.__mro__ }}",
    "{{ x['__class__'] }}",
    "{{ x|attr('__class__') }}",
    "{{ x.upper() }}",
    "{{ 'x'.center(10**9) }}",
    "{{ '{:1000000000}'.format(1) }}",
    "{{ 'x'|center(1000000000) }}",
    "{{ range.__init__.__globals__ }}",
    "{{ self.__init__ }}",
    "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
    "{{ lipsum(1000) }}",
    "{{ namespace(a=1).a }}",
    "{{ '<b>'|safe }}",
    "{{ [1]|map('upper')|list }}",
    "{% include '/etc/passwd' %}",
    "{% include '../../etc/passwd' %}",
    "{% import 'os' as os %}{{ os }}",
    "{% extends 'nowhere.j2' %}",
    "{{ nothing }}",
    "{{ x",
    "{% for %}",
    "{{ 1 / 0 }}",
    "{{ x[0:1].y }}",
    "x" * 300_000,
]


@pytest.mark.parametrize("template", BOMBS)
def test_a_template_can_neither_run_read_nor_grow(template: str) -> None:
    start = time.perf_counter()
    with pytest.raises(RuleError) as caught:
        page.page(template).render({"x": "text"})
    assert caught.value.code == "L002"
    assert time.perf_counter() - start < 3


def test_values_are_text_whatever_they_hold() -> None:
    hostile = "<script>alert(1)</script>{{ 7*7 }}{% raw %}&\"'"
    told = page.page('<p title="{{ x }}">{{ x }}</p>').render({"x": hostile})
    assert "49" not in told
    assert "<script" not in told
    assert told.count("&lt;script&gt;") == 2
    assert '"' not in told.removeprefix('<p title="').split('">')[0]


def test_shipped_templates_can_do_what_they_need() -> None:
    source = {
        "page.j2": "{% set a, b = (1, 2) if x else (3, 4) %}{% for k, v in m|items %}{{ k }}"
        "{{ v * b }}{{ loop.index0 + 1 }}{% endfor %}{% include 'p' ~ 'art.j2' %}"
        "{{ t(2) if 0 else '' }}"
        "{% macro t(n) %}{{ n }}{% endmacro %}{{ x|length > 1 and x is defined }}",
        "part.j2": "{{ x ~ a if 0 else x }}",
    }
    assert page.page(source).render({"x": "yz", "m": {"k": 2}}) == "k41yzTrue"


@pytest.mark.parametrize("name", ["big.j2", "link.j2", "none", "latin.j2"])
def test_a_template_folder_is_bounded(tmp_path: Path, name: str) -> None:
    if name == "big.j2":
        (tmp_path / name).write_text("x" * 300_000)
    elif name == "link.j2":
        (tmp_path / name).symlink_to("/etc/passwd")
    elif name == "latin.j2":
        (tmp_path / name).write_bytes(b"\xff\xfe")
    with pytest.raises(RuleError) as caught:
        page.folder(tmp_path)
    assert caught.value.code == "L003"


ACTIVE = [
    "<svg><script>alert(1)</script></svg>",
    "<svg><SCRIPT href='x'/></svg>",
    '<svg onload="alert(1)"/>',
    "<svg\nonload=alert(1)>",
    '<svg/onload="alert(1)"/>',
    '<a href="javascript:alert(1)">x</a>',
    '<a href="&#106;avascript:alert(1)">x</a>',
    '<a xlink:href=" java\tscript:alert(1)">x</a>',
    '<image href="file:///etc/passwd"/>',
    '<image xlink:href="https://elsewhere.example/a.png"/>',
    '<img src="x" alt="">',
    '<use href="https://elsewhere.example/a.svg#b"/>',
    '<rect fill="url(https://elsewhere.example/a#b)"/>',
    '<rect style="background:url(//elsewhere.example)"/>',
    "<style>@import 'https://elsewhere.example';</style>",
    "<style>p { background: url(https://elsewhere.example) }</style>",
    "<foreignObject><p/></foreignObject>",
    '<iframe src="https://elsewhere.example"></iframe>',
    '<meta http-equiv="refresh" content="0;url=https://elsewhere.example">',
    '<link rel="stylesheet" href="https://elsewhere.example">',
    '<!DOCTYPE svg [<!ENTITY a "b">]><svg/>',
    "<?xml-stylesheet href='x'?><svg/>",
    "<svg><![CDATA[<script>]]></svg>",
    '<set attributeName="onload" to="alert(1)"/>',
    '<script type="application/ld+json">{}</script><script>1</script>',
    "<svg",
]


@pytest.mark.parametrize("told", ACTIVE)
def test_active_markup_is_refused(told: str) -> None:
    with pytest.raises(RuleError, match="L001"):
        markup.refuse_active(told, "a")


def test_still_markup_passes() -> None:
    told = (
        '<?xml version="1.0"?><!-- a --><!doctype html><svg xmlns="http://www.w3.org/2000/svg">'
        "<title>Buy now: onsale = 50% javascript: url(x) &lt;script&gt;</title>"
        '<use href="#a"/><rect fill="url(#b)" aria-label="on sale = url(x)"/></svg>'
        '<style>p { color: #000 }</style><a href="https://shop.example/?a=1">x</a>'
        '<script type="application/ld+json">{"a": 1}</script>'
    )
    assert markup.refuse_active(told, "a") == told


@given(st.text(max_size=200))
@settings(max_examples=150, deadline=None)
def test_any_text_becomes_a_line_that_fits(told: str) -> None:
    line = text.plain(told)
    assert not set(line) & set("\n\r\t\x00\u202e\u2028")
    for found in text.wrapped(line, 2.4, 20.0, 3):
        assert text.width(found, 2.4) <= 20.0 + 1e-9 or len(found) == 1


def test_lines_keep_words_and_punctuation_together() -> None:
    assert text.wrapped("纯棉短袖。", 10, 40, 3) == ["纯棉短", "袖。"]
    assert text.wrapped("carbon footprint unknown", 10, 60, 3) == [
        "carbon",
        "footprint",
        "unknown",
    ]
    assert text.wrapped("W" * 10_000, 10, 100, 2)[1].endswith("…")


def test_the_table_of_widths_is_that_of_the_font() -> None:
    face = fonts.find_fonts().regular
    for character in "0123456789 .%–ABCXYZabcxyz()（碳，":
        assert text.width(character, 1) == pytest.approx(face.glyph(character)[0] / face.units)
        assert text.width(character, 1, bold=True) >= text.width(character, 1) - 0.01


def test_a_missing_font_is_an_error_with_its_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CARBON_FONTS", str(tmp_path))
    with pytest.raises(OutputError, match=r'L010.*pip install "carbon-label\[fonts\]"'):
        raster.png(WORDS)
    monkeypatch.setenv("CARBON_FONTS", str(tmp_path))
    (tmp_path / "NotoSansSC-Regular.otf").write_bytes(b"no font")
    with pytest.raises(OutputError, match="L010"):
        pdf.pdf(WORDS, title="a")


def test_a_character_no_font_has_is_an_ellipsis_never_a_box() -> None:
    found = fonts.find_fonts()
    assert found.covered("T恤🎁🎁 قميص 好\U0002ffff") == "T恤… … 好…"
    drawn = outline.outlined(SVG.format('<text x="1" y="9">T恤🎁</text>'), found)
    assert "<text" not in drawn
    assert "🎁" not in drawn


def test_png_is_drawn_at_its_size_and_transparent_where_empty() -> None:
    image = Image.open(io.BytesIO(raster.png(WORDS, dpi=254)))
    assert image.size == (400, 200)
    pixels = np.asarray(image.convert("RGBA"))
    assert pixels[0, 0].tolist() == [0, 0, 0, 0]
    assert pixels[:, :, 3].max() == 255
    assert raster.png(WORDS, dpi=254) == raster.png(WORDS, dpi=254)


def test_text_in_outlines_stands_where_it_would_stand() -> None:
    face = fonts.find_fonts().regular
    wide = sum(face.glyph(character)[0] for character in "碳A") / face.units * 10
    for anchor, shift in (("start", 0.0), ("middle", 0.5), ("end", 1.0)):
        told = SVG.format(f'<text x="20" y="9" font-size="10" text-anchor="{anchor}">碳A</text>')
        drawn = outline.outlined(told, fonts.find_fonts())
        assert f"translate({20 - shift * wide:.3f} 9.000)" in drawn


def test_pdf_has_text_in_a_subset_and_the_same_bytes() -> None:
    content = pdf.pdf(WORDS, title="标题", alt="说明")
    assert content == pdf.pdf(WORDS, title="标题", alt="说明")
    assert len(content) < 60_000
    with pdfplumber.open(io.BytesIO(content)) as told:
        assert "碳足迹" in (told.pages[0].extract_text() or "")
        assert {char["fontname"].split("+")[-1] for char in told.pages[0].chars} == {
            "NotoSansSC-Regular"
        }
        assert told.pages[0].width == pytest.approx(40 / 25.4 * 72, abs=0.1)


def test_a_typeset_document_reads_data_as_text() -> None:
    told = {"name": "#panic() *x* 碳 🎁", "rows": [["a", "<b>"]]}
    content = pdf.typeset("= #data.name\n#table(..data.rows.flatten())", told, title="t")
    with pdfplumber.open(io.BytesIO(content)) as document:
        found = document.pages[0].extract_text() or ""
    assert "#panic() *x* 碳" in found
    assert "<b>" in found


@pytest.mark.parametrize(
    "told",
    [
        "<svg",
        '<svg xmlns="http://www.w3.org/2000/svg"/>',
        SVG.format("<g>"),
        SVG.format("<image href='/etc/passwd' width='4' height='4'/>"),
    ],
)
def test_a_picture_that_is_none_is_refused(told: str) -> None:
    with pytest.raises(RuleError, match="L004"):
        raster.png(told)
    with pytest.raises(RuleError, match="L004"):
        pdf.pdf(told, title="a")


def test_entities_are_refused() -> None:
    bomb = '<!DOCTYPE svg [<!ENTITY a "aaaa">]>' + SVG.format("<text>&a;</text>")
    with pytest.raises(RuleError, match="L004"):
        raster.png(bomb)
