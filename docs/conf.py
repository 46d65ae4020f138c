"""Reads the pages of this folder and the docstrings of the package, gives the site [HTML].

One build serves both languages: a page ``name.zh-CN.md`` is the Chinese of ``name.md``, and each
links to the other. The reference of the API follows ``carbon.__all__``.
"""

from __future__ import annotations

import inspect
import re
from importlib.metadata import version as version_of
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sphinx.search import SearchLanguage, languages
from sphinx.search.en import SearchEnglish

import carbon

if TYPE_CHECKING:
    from sphinx.application import Sphinx

HERE: Final = Path(__file__).resolve().parent
CHINESE: Final = ".zh-CN"
IDEOGRAPHS: Final = re.compile(r"[\u3400-\u9fff]+")

project = "carbon-label"
author = "The carbon-label authors"
project_copyright = author
release = version_of("carbon-label")
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.viewcode"]
exclude_patterns = ["**.ipynb_checkpoints", "_build"]

html_theme = "furo"
html_title = "carbon-label"
html_copy_source = False
html_search_language = "en+zh"

myst_enable_extensions = ["dollarmath", "deflist"]
myst_heading_anchors = 4
# the gate executes the notebooks in a test; the published site does it with -D nb_execution_mode
nb_execution_mode = "off"
nb_execution_raise_on_error = True
nb_execution_timeout = 300

autodoc_typehints = "signature"
autodoc_member_order = "bysource"
napoleon_google_docstring = False
napoleon_use_rtype = False
# console examples and formulas stand in fences that name no language
highlight_language = "none"


class SearchBoth(SearchEnglish):
    """English words by their stems, Chinese by pairs of characters, which needs no dictionary."""

    lang = "en+zh"
    language_name = "English"  # names the stemmer of the page
    js_splitter_code = r"""
function splitQuery(query) {
  const terms = query.replace(/[\u3400-\u9fff]+/g, " ").match(/[\p{Letter}\p{Number}_]+/gu) || [];
  for (const run of query.match(/[\u3400-\u9fff]+/g) || [])
    for (let i = 0; i < Math.max(run.length - 1, 1); i++) terms.push(run.slice(i, i + 2));
  return terms;
}
"""

    def split(self, input: str) -> list[str]:  # noqa: A002  the name is Sphinx's
        """Words of other scripts, and each pair of neighbouring ideographs."""
        pairs = [
            word[start : start + 2]
            for word in IDEOGRAPHS.findall(input)
            for start in range(max(len(word) - 1, 1))
        ]
        return [*SearchLanguage.split(self, IDEOGRAPHS.sub(" ", input)), *pairs]


languages[SearchBoth.lang] = SearchBoth


def face() -> str:
    """Directives of every public name, in reStructuredText."""
    blocks = []
    for name in carbon.__all__:
        thing = getattr(carbon, name)
        if inspect.isclass(thing):
            kind = "autoexception" if issubclass(thing, BaseException) else "autoclass"
            blocks.append(f".. {kind}:: carbon.{name}\n   :members:\n")
        elif callable(thing):
            blocks.append(f".. autofunction:: carbon.{name}\n")
        else:
            blocks.append(f".. autodata:: carbon.{name}\n")
    return "\n".join(blocks)


def complete(_app: Sphinx, page: str, source: list[str]) -> None:
    """Link a page to its other language, and fill the API reference."""
    if page == "api":
        source[0] = source[0].replace("<!-- carbon.__all__ -->", f"```{{eval-rst}}\n{face()}```")
    other = page.removesuffix(CHINESE) if page.endswith(CHINESE) else page + CHINESE
    if (HERE / f"{other}.md").is_file():
        words = "English" if page.endswith(CHINESE) else "中文"
        title, _, rest = source[0].partition("\n")
        source[0] = f"{title}\n\n[{words}]({Path(other).name}.md)\n{rest}"


def setup(app: Sphinx) -> None:
    """Listen while pages are read."""
    app.connect("source-read", complete)
