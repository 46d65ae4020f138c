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
from nightly import night
from PIL import Image

from carbon.base.errors import OutputError, RuleError
from carbon.paper import fonts, markup, outline, page, pdf, text

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


ENDLESS = [
    "{% if 1.5 in r %}{% endif %}" * 600,
    "{% if 'q' in t %}{% endif %}" * 600,
    "{{ t|upper|lower|upper|lower|length }}" * 600,
    "{{ t|escape }}" * 600,
    "{% for a in r %}{{ a is odd }}{% endfor %}",
    "{% set x = t ~ t %}" * 1000,
    "{{ t[0:90000]|length }}" * 800,
    "{% if t == t %}{% endif %}" * 800,
]


@pytest.mark.parametrize("times", [1, *night(5)])
@pytest.mark.parametrize("template", ENDLESS, ids=range(len(ENDLESS)))
def test_whatever_is_looked_at_is_paid_for(template: str, times: int) -> None:
    """With a fifth of the budget; at night with all of it."""
    start = time.perf_counter()
    with pytest.raises(RuleError, match="steps") as caught:
        page.page(template * times, steps=page.STEPS // 5 * times).render(
            {"r": list(range(20_000)), "t": "x" * 40_000}
        )
    assert caught.value.code == "L002"
    assert time.perf_counter() - start < 10


def test_a_clock_stops_what_the_budget_lets_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "SECONDS", -1.0)
    with pytest.raises(RuleError, match="more than -1 s"):
        page.page("{% for a in r %}{% endfor %}").render({"r": list(range(1000))})


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


DRAWN = [
    "<script>alert(1)</script>", "<SCRIPT href='x'/>", "<g onload='alert(1)'/>",
    "<g xmlns:s='http://www.w3.org/2000/svg'><s:style>p{}</s:style></g>",
    "<s:script xmlns:s='http://www.w3.org/2000/svg'>1</s:script>",
    "<style>@import 'https://elsewhere.example';</style>", "<style>p { color: red }</style>",
    "<a href='javascript:alert(1)'>x</a>", "<a href='https://shop.example'>x</a>",
    "<g xmlns:x='http://www.w3.org/1999/xlink' x:href='javascript:alert(1)'/>",
    "<image href='file:///etc/passwd'/>", "<use href='#a'/>", "<feImage href='//x'/>",
    "<filter><feImage href='https://elsewhere.example/a.png'/></filter>",
    "<rect fill='url(https://elsewhere.example/a#b)'/>", "<rect fill='url(//x)'/>",
    "<rect fill='u\\72l(//x)'/>", "<rect fill='image-set(url(#a))'/>",
    "<rect style='background:url(//elsewhere.example)'/>", "<rect style='fill:red'/>",
    "<rect fill='url(\"https://x\")'/>", "<rect fill='src(x)'/>", "<rect fill='a&lt;b'/>",
    "<foreignObject><p/></foreignObject>", "<set attributeName='onload' to='alert(1)'/>",
    "<animate attributeName='href' to='javascript:1'/>", "<handler>1</handler>",
    "<h:script xmlns:h='http://www.w3.org/1999/xhtml'>alert(1)</h:script>",
    "<rect cursor='url(//x)'/>", "<text xml:base='//x'/>", "<metadata/>", "<switch/>",
]  # fmt: skip


@pytest.mark.parametrize("inside", DRAWN)
def test_a_picture_that_does_something_is_refused(inside: str) -> None:
    told = f'<svg xmlns="http://www.w3.org/2000/svg">{inside}</svg>'
    with pytest.raises(RuleError, match="L001"):
        markup.still_picture(told, "a")


@pytest.mark.parametrize(
    "told",
    [
        '<!DOCTYPE svg [<!ENTITY a "b">]><svg/>', "<svg", "<svg>", "no markup", "<svg/>",
        "<html xmlns='http://www.w3.org/1999/xhtml'><script>1</script></html>",
        '<svg xmlns="http://www.w3.org/2000/svg">' + "<g>" * 5000 + "</g>" * 5000 + "</svg>",
    ],
)  # fmt: skip
def test_what_is_no_picture_is_refused(told: str) -> None:
    with pytest.raises(RuleError, match=r"L00[14]"):
        markup.still_picture(told, "a")


def test_a_still_picture_is_written_again_as_it_was() -> None:
    told = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9" xml:lang="zh" role="img">'
        "<title>onsale = 50% javascript: url(x) &lt;script&gt;</title><defs>"
        '<pattern id="b" width="6" patternTransform="rotate(45)"><rect width="2.5"/></pattern>'
        '</defs><rect fill="url(#b)" aria-label="on sale = url(x)" transform="scale(2 -1)"/>'
        '<text x="1" font-family="Noto Sans, \'PingFang SC\'">碳<tspan dy="-1">2</tspan>e</text>'
        "</svg>\n"
    )
    shown = markup.still_picture("<?xml version='1.0'?><!-- a -->" + told, "a")
    assert shown == told.replace("'", "&#x27;")
    assert markup.still_picture(shown, "a") == shown


WRITTEN = [
    "<script>alert(1)</script>", "<script type=module>1</script>", "<img src=x alt=''>",
    "<script type='application/ld+json' src='//x'>{}</script>",
    "<script type='application/ld+json'>{}</script><script>1</script>",
    "<p onclick=alert(1)>", "<p\nonload=alert(1)>", "<p/onload='alert(1)'>",
    "<details ontoggle='alert(1)' open>", "<a href='javascript:alert(1)'>x</a>",
    "<a href='&#106;avascript:alert(1)'>x</a>", "<a href=' java\tscript:alert(1)'>x</a>",
    "<a href='//elsewhere.example'>x</a>", "<a href='data:text/html,x'>x</a>",
    "<a href='https:' ping='//x'>x</a>", "<iframe src='https://elsewhere.example'></iframe>",
    "<meta http-equiv='refresh' content='0;url=https://elsewhere.example'>",
    "<link rel='stylesheet' href='https://elsewhere.example'>", "<base href='//x'>",
    "<style>@import 'https://elsewhere.example';</style>", "<style>&#105;mport</style>",
    "<style>p { background: url(https://elsewhere.example) }</style>",
    "<style>p { background: u\\72l(//x) }</style>", "<style>p { color: red /* </style>",
    "<style>p { background: image-set('//x' 1x) }</style>", "<style>p { behavior: x }</style>",
    "<style>p { position: fixed }</style>", "<style>p { width: expression(1) }</style>",
    "<style>p { -moz-binding: none }</style>", "<style>p[a=b] { color: red }</style>",
    "<p style='background:url(//x)'>", "<table background='//x'><tr><td>1</table>",
    "<body background='//x'>"  # dropped in a fragment, and never written
    "<img>", "<textarea></textarea><script>1</script>", "<noscript><img src=x></noscript>",
    "<!--><script>alert(1)</script>-->", "<![CDATA[<img src=x>]]><img>",
    "<svg><style><img src=x></style></svg>", "<math><mtext></mtext></math>", "<svg></svg>",
    "<form action='//x'><input></form>", "<object data='x'></object>", "<video src=x></video>",
    "<template><img src=x></template>", "<xmp><script>1</script></xmp>", "<plaintext>",
    "<select><option>", "<marquee>", "<frameset>" "<portal src=x>", "<embed src=x>",
    "<carbon-picture onclick=1><img></carbon-picture>", "<p xmlns='http://x' xlink:href='//x'>",
]  # fmt: skip


@pytest.mark.parametrize("inside", WRITTEN)
@pytest.mark.parametrize("whole", [False, True])
def test_a_page_that_does_something_is_refused(inside: str, whole: bool) -> None:
    told = f"<!doctype html><html><body>{inside}</body></html>" if whole else inside
    with pytest.raises(RuleError, match="L001"):
        markup.still_page(told, "a", "<svg/>", "{}")


def test_a_still_page_is_written_again_from_its_tree() -> None:
    told = (
        '<!doctype html><html lang="zh"><head><meta charset="utf-8"><title>a < b</title>'
        "<style>main > p, a:hover { color: #000; margin: calc(1px + 2px) }</style></head>"
        '<body><!-- <img src=x> --><main class="x"><p>1 &lt; 2<br><carbon-picture></p>'
        '<a href="HTTPS://shop.example/?a=1&amp;b" rel="x">x</a></main>'
        '<script type="application/ld+json">carbon-data</script></body></html>'
    ).replace(' rel="x"', "")
    shown = markup.still_page(told, "a", "<svg/>", '{"a": 1}')
    assert "<p>1 &lt; 2<br><svg/></p>" in shown
    assert '<script type="application/ld+json">{"a": 1}</script>' in shown
    assert 'href="HTTPS://shop.example/?a=1&amp;b"' in shown
    assert "main > p, a:hover { color: #000; margin: calc(1px + 2px) }" in shown
    assert "<img" not in shown
    assert markup.still_page("<!--!><img src=x>-->a", "a", "", "") == "a"
    placed = shown.replace("<svg/>", "<carbon-picture></carbon-picture>")
    again = markup.still_page(placed, "a", "<svg/>", "{}")
    assert again == shown
    deep = "<div>" * 3000
    with pytest.raises(RuleError, match="L001"):
        markup.still_page(deep, "a", "", "")


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
        pdf.png(WORDS)
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
    image = Image.open(io.BytesIO(pdf.png(WORDS, dpi=254)))
    assert image.size == (400, 200)
    pixels = np.asarray(image.convert("RGBA"))
    assert pixels[0, 0].tolist() == [0, 0, 0, 0]
    assert pixels[:, :, 3].max() == 255
    assert pdf.png(WORDS, dpi=254) == pdf.png(WORDS, dpi=254)


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
        pdf.png(told)
    with pytest.raises(RuleError, match="L004"):
        pdf.pdf(told, title="a")


def test_entities_are_refused() -> None:
    bomb = '<!DOCTYPE svg [<!ENTITY a "aaaa">]>' + SVG.format("<text>&a;</text>")
    with pytest.raises(RuleError, match="L004"):
        pdf.png(bomb)
