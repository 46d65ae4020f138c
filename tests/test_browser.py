"""A real browser shows strangers' templates and names: nothing runs, nothing is fetched."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final

import pandas as pd
import pytest
from label_facts import SCALE, fact
from test_paper import DRAWN, WRITTEN
from test_report import made

from carbon.base.errors import RuleError
from carbon.label.design import DESIGNS, load_design
from carbon.label.render import Style, render
from carbon.paper.markup import still_page, still_picture
from carbon.study import Study

CHROMIUM: Final = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), ""
)
PUT_TOGETHER: Final = min(int(os.environ.get("CARBON_FUZZ", "600")) // 4, 10_000)
"""Documents made of pieces in any order."""

RUN: Final = "fetch('//HOST/ran')"
HTML: Final = [
    f"<script>{RUN}</script>",
    f"<img src=x onerror={RUN}>",
    "<img src=//HOST/a><image src=//HOST/b>",
    f"<svg onload={RUN}>",
    "<svg><image href=//HOST/c /><feImage href='//HOST/d'/></svg>",
    f"<svg><style><img src=x onerror={RUN}></style></svg>",
    f"<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror={RUN}&gt;'>",  # noqa: E501
    f"<noscript><p title='</noscript><img src=x onerror={RUN}>'></noscript>",
    f"<textarea><p title='</textarea><img src=x onerror={RUN}>'></textarea>",
    f"<title><p title='</title><script>{RUN}</script>'></title>",
    f"<!--><img src=x onerror={RUN}>-->",
    f"<!--!><img src=x onerror={RUN}>--!>",
    f"<!-- --!><script>{RUN}</script>-->",
    f"<?xml ><img src=x onerror={RUN}>?>",
    f"<iframe srcdoc='&lt;script&gt;{RUN}&lt;/script&gt;'></iframe>",
    "<iframe src=//HOST/e></iframe><embed src=//HOST/f><object data=//HOST/g></object>",
    f"<details open ontoggle={RUN}>x</details>",
    f"<input autofocus onfocus={RUN}>",
    f"<video><source onerror={RUN}></video><audio src=//HOST/h autoplay></audio>",
    "<link rel=stylesheet href=//HOST/i><link rel=preconnect href=//HOST/j>",
    "<link rel=prefetch href=//HOST/k><meta http-equiv=refresh content='0;url=//HOST/l'>",
    "<style>@import '//HOST/m';</style>",
    "<style>@\\69mport '//HOST/n';</style>",
    "<style>body { background: url(//HOST/o) }</style>",
    "<style>body { background: u\\72l(//HOST/p) }</style>",
    "<style>body { background-image: image-set('//HOST/q' 1x) }</style>",
    "<style>body { background-image: -webkit-image-set(url(//HOST/r) 1x) }</style>",
    "<style>@font-face { font-family: z; src: url(//HOST/s) } body { font-family: z }</style>z",
    "<style>body:before { content: url(//HOST/t) }</style>",
    "<style>li { list-style: url(//HOST/u) }</style><ul><li>a</ul>",
    "<style>body { cursor: url(//HOST/v), auto } /* </style>",
    "<table background=//HOST/w><tr><td background=//HOST/x>a</table>",
    "<p style='background:url(//HOST/y)'>a",
    f"<template shadowrootmode=open><img src=x onerror={RUN}></template>",
    f"<form><math><mtext></form><form><mglyph><style></math><img src onerror={RUN}></style>",
    f"<xmp><p title='</xmp><img src onerror={RUN}>'></xmp>",
    f"<a href='javascript:{RUN}' autofocus>a</a>",
    "<body background=//HOST/z>",
]
"""Markup that fetches or runs something in a browser, unless it is refused or written anew."""

SVG: Final = [
    f"<script>{RUN}</script>",
    f'<rect onload="{RUN}"/>',
    "<image href='//HOST/A' width='9' height='9'/>",
    "<style>@import '//HOST/B';</style>",
    "<style>svg { background: url(//HOST/C) }</style>",
    "<filter id='f'><feImage href='//HOST/D'/></filter><rect width='9' height='9' filter='url(#f)'/>",  # noqa: E501
    "<rect width='9' height='9' fill=\"url('//HOST/E#a')\"/>",
    "<rect width='9' height='9' clip-path='url(//HOST/F#a)'/>",
    "<rect width='9' height='9' style='mask:url(//HOST/G#a)'/>",
    "<use href='//HOST/H#a'/>",
    f"<foreignObject><body xmlns='http://www.w3.org/1999/xhtml' onload=\"{RUN}\"/></foreignObject>",
    f"<animate attributeName='x' onbegin=\"{RUN}\" dur='1s'/>",
    f"<h:img xmlns:h='http://www.w3.org/1999/xhtml' src='x' onerror=\"{RUN}\"/>",
]
PIECES: Final = [
    *("<p>", "</p>", "<pre>\n", "<table>", "<tr><td>", "</table>", "<div title='", "'>", '">', ">"),
    *("<!--", "-->", "<!", "<?", "?>", "<![CDATA[", "]]>", "&lt;", "&gt;", "&quot;", "&amp;lt;"),
    *("<style>", "</style>", "<title>", "</title>", "<script type='application/ld+json'>"),
    *("</script>", "carbon-data", "<carbon-picture>", "</carbon-picture>", "<a href='https:", "\0"),
    *("<b><i></b>", "<h1>", "<ul><li>", "<code>", "<bdi>", "p { color: red }", "<br>", "'", '"'),
    *(f"&lt;img src=x onerror={RUN}&gt;", f"<img src=x onerror={RUN}>", f"<script>{RUN}</script>"),
    *("<style>p { background: url(//HOST/1) }</style>", " background=//HOST/2", " onload=x "),
]


class Loopback(ThreadingHTTPServer):
    """Serves documents by their number, and remembers whatever else it is asked for."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.documents: dict[str, tuple[str, str]] = {}
        self.hits: set[str] = set()
        self.served: set[str] = set()

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.server_port}"


class Answer(BaseHTTPRequestHandler):
    """An answer to a browser."""

    server: Loopback

    def do_GET(self) -> None:
        kind, text = self.server.documents.get(self.path, ("text/plain", ""))
        if self.path in self.server.documents:
            self.server.served.add(self.path)
        elif self.path != "/favicon.ico":
            self.server.hits.add(self.path)
        self.send_response(200)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.end_headers()
        self.wfile.write(text.encode("utf-8", "replace"))

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def loopback() -> Iterator[Loopback]:
    server = Loopback()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def shown(server: Loopback, pages: list[str], pictures: list[str], place: Path) -> set[str]:
    """What a browser asks for while it shows some documents, each in a frame of its own."""
    for number, (kind, text) in enumerate(
        [*(("text/html", page) for page in pages), *(("image/svg+xml", one) for one in pictures)]
    ):
        server.documents[f"/{number}"] = (kind, text.replace("HOST", server.host))
    frames = "".join(f"<iframe src={path}></iframe>" for path in server.documents)
    server.documents["/all"] = ("text/html", f"<!doctype html><title>all</title>{frames}")
    subprocess.run(
        [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
         "--disable-background-networking", "--disable-dev-shm-usage", "--dump-dom",
         "--virtual-time-budget=3000", f"--user-data-dir={place}", f"http://{server.host}/all"],
        capture_output=True, timeout=120, check=True,
    )  # fmt: skip
    assert server.served == set(server.documents), "the browser did not show them all"
    return server.hits


def picture(inside: str) -> str:
    return f'<svg xmlns="http://www.w3.org/2000/svg" width="99" height="99">{inside}</svg>'


def let_through(pages: list[str], pictures: list[str]) -> tuple[list[str], list[str]]:
    """What is written of markup that is not refused, once as a piece and once as a document."""
    wholes = [f"<!doctype html><html><body>{inside}</body></html>" for inside in pages]
    told: tuple[list[str], list[str]] = ([], [])
    for text in (*pages, *wholes):
        with contextlib.suppress(RuleError):
            told[0].append(still_page(text, "a", picture("<rect/>"), '{"a": "<"}'))
    for inside in pictures:
        with contextlib.suppress(RuleError):
            told[1].append(still_picture(picture(inside), "a"))
    return told


def put_together(count: int) -> list[str]:
    """Pieces of markup in any order."""
    chance = random.Random(20261130)
    return ["".join(chance.choices(PIECES, k=chance.randrange(2, 9))) for _ in range(count)]


def test_what_is_let_through_is_little() -> None:
    """Also where there is no browser: no element or attribute that a browser acts on is left."""
    pages, pictures = let_through([*HTML, *WRITTEN], [*SVG, *DRAWN])
    assert not pictures
    # only what stands in a comment, in words or in a title, which is written as text
    assert len(pages) <= 8, pages
    assert not [page for page in pages if "<img" in page or "<script>" in page], pages


@pytest.mark.skipif(not CHROMIUM, reason="needs chromium; .github/workflows/gate.yml has one")
def test_the_payloads_do_something_where_nobody_refuses_them(
    loopback: Loopback, tmp_path: Path
) -> None:
    """Else the tests below would prove nothing."""
    hits = shown(loopback, HTML, [picture(inside) for inside in SVG], tmp_path / "home")
    assert "/ran" in hits
    assert len(hits) >= 25, sorted(hits)


@pytest.mark.skipif(not CHROMIUM, reason="needs chromium; .github/workflows/gate.yml has one")
def test_nothing_runs_and_nothing_is_fetched(
    loopback: Loopback, tmp_path: Path, study: Study
) -> None:
    pages, pictures = let_through([*HTML, *WRITTEN, *put_together(PUT_TOGETHER)], [*SVG, *DRAWN])
    assert len(pages) > 40, "hardly anything is let through"
    several = ["\n".join(pages[at : at + 10]) for at in range(0, len(pages), 10)]
    names = [*HTML, "</title></svg>" + HTML[0], "]]>" + HTML[0], "'\"><" + HTML[1][1:]]
    for number, design in enumerate(DESIGNS):
        style = Style(load_design(design), SCALE, ("zh", "en"), ("svg", "html"))
        for name in names[number :: len(DESIGNS)]:
            files = render(fact(name=name, sku=f"{name[:60]}#"), style)
            several.append(files["html"].decode())
            pictures.append(files["svg"].decode())
    goods = pd.DataFrame({"sku": names, "name": names[::-1], "category": "t_shirt"})
    goods["price"], goods["units_sold"] = "79", "10"
    page, _ = made(study, Path("a.csv"), catalogue=study.catalogue(goods), draws=0)
    several.append(page)
    assert "&lt;img" in several[-1]
    assert not shown(loopback, several, pictures, tmp_path / "home")
