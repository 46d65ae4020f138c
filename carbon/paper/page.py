"""Reads templates of strangers and values, gives text: escaped, bounded, unable to run or read.

Every value is escaped. Methods, attributes of Python objects, filters and functions beyond the few
listed here do not exist. Every turn of a loop, call, filter, test, comparison, sum and included
template spends from one budget, by the size of what it looks at; the text that comes out is
bounded, and a clock stops what would still last: a page ends soon whatever it says.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from itertools import islice
from pathlib import Path
from typing import Any, Final

from jinja2 import DictLoader, StrictUndefined, TemplateError, nodes
from jinja2.exceptions import SecurityError
from jinja2.runtime import LoopContext, Macro
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.visitor import NodeTransformer
from markupsafe import Markup

from carbon.base.errors import RuleError

__all__ = ["PageTemplate", "folder", "page"]

SOURCE: Final = 200_000
"""Characters of one template."""

FILES: Final = 50
"""Templates of one folder."""

STEPS: Final = 20_000
"""Turns of loops, calls, filters, tests and included templates in one page."""

SECONDS: Final = 20.0
"""How long one page may take, whatever its budget [s]."""

LOOKS: Final = 256
"""Steps between two looks at the clock."""

ENTRIES: Final = 64
"""Entries of a list, or characters of a text, that one more step looks at."""

OUTPUT: Final = 4_000_000
"""Characters of one page."""

PIECES: Final = 256
"""Pieces of a page that are made before its length is looked at."""

TEXT: Final = 100_000
"""Characters of one text that a template puts together."""

_FILTERS = (
    "abs capitalize count d default e escape first float int items last length lower "
    "round trim upper"
)
FILTERS: Final = frozenset(_FILTERS.split())
_TESTS = "defined undefined none string number mapping odd even"
TESTS: Final = frozenset(_TESTS.split())
SCALARS: Final = (str, int, float, bool, type(None))
PRINTED: Final = (*SCALARS, StrictUndefined)
NUMBERS: Final = (int, float)
CALLED: Final = (Macro, LoopContext)
_LOOP = "index index0 revindex revindex0 first last length depth depth0 previtem nextitem"
LOOP: Final = frozenset(_LOOP.split())
_NO_VALUE = (ArithmeticError, ValueError, TypeError, LookupError, MemoryError)
WRONG: Final = (TemplateError, RecursionError, SyntaxError, *_NO_VALUE)
"""What a template that does wrong raises."""


class PageTemplate:
    """A template that was understood once and is filled often; the file is named if it fails."""

    def __init__(self, environment: Environment, name: str, file: str) -> None:
        self._environment = environment
        self.file = file
        with _told(file):
            self._template = environment.get_template(name)

    def render(self, values: Mapping[str, object]) -> str:
        """Fill the template; ``markupsafe.Markup`` is not escaped.

        L002 if the template is wrong, does what is not allowed or does not end soon.
        """
        environment = self._environment
        environment.begin()
        pieces_taken: list[str] = []
        size = 0
        with _told(self.file):
            pieces = self._template.generate(values)
            while taken := list(islice(pieces, PIECES)):
                pieces_taken += taken
                size += sum(map(len, taken))
                if size > OUTPUT:
                    raise SecurityError(f"more than {OUTPUT} characters")
        return "".join(pieces_taken)


@contextmanager
def _told(file: str) -> Iterator[None]:
    """Turn what a template does wrong into one error."""
    try:
        yield
    except WRONG as error:
        line = getattr(error, "lineno", None)
        place = f"line {line}: " if line else ""
        raise RuleError("L002", f"{place}{error}"[:300], file=file) from None


class Environment(ImmutableSandboxedEnvironment):
    """Jinja without anything that runs, reads or grows."""

    intercepted_binops = frozenset(["+", "-", "*", "/", "//", "**", "%"])

    def __init__(self, templates: Mapping[str, str], steps: int) -> None:
        super().__init__(
            autoescape=True,
            undefined=StrictUndefined,
            loader=DictLoader(dict(templates)),
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            finalize=_printable,
            auto_reload=False,
        )
        self.steps = steps
        self.begin()
        self.filters = {name: self._spending(self.filters[name]) for name in sorted(FILTERS)}
        self.tests = {name: self._spending(self.tests[name]) for name in sorted(TESTS)}
        self.filters |= {
            "_turns": self._turns,
            "_joined": self._joined,
            "_one": self._one,
            "_member": self._member,
        }
        self.globals = {"range": _range}

    def begin(self) -> None:
        """Give a page its budget and its time."""
        self.left = self.steps
        self.end = time.monotonic() + SECONDS

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        """Put bounds into the template itself: on loops, joined texts and comparisons."""
        if len(source) > SOURCE:
            raise SecurityError(f"more than {SOURCE} characters")
        tree = super()._parse(source, name, filename)
        for node in list(tree.find_all(nodes.For)):
            node.iter = _bounded("_turns", node.iter)
        for compare in list(tree.find_all(nodes.Compare)):
            compare.expr = _bounded("_one", compare.expr)
            for operand in compare.ops:
                contained = operand.op in ("in", "notin")
                operand.expr = _bounded("_member" if contained else "_one", operand.expr)
        bounded: nodes.Template = _Concatenations().visit(tree)
        bounded.set_environment(self)
        return bounded

    def _turns(self, items: Iterable[Any]) -> Iterator[Any]:
        for item in items:
            self.spend()
            yield item

    def spend(self, steps: int = 1) -> None:
        """Take steps from the budget of the page."""
        before = self.left // LOOKS
        self.left -= steps
        if self.left < 0:
            raise SecurityError(f"more than {self.steps} steps")
        if self.left // LOOKS != before and time.monotonic() > self.end:
            raise SecurityError(f"more than {SECONDS:g} s")

    def _spending(self, function: Any) -> Callable[..., Any]:
        """A filter or test that spends by the size of what it looks at."""

        @wraps(function)
        def bounded(*arguments: Any, **named: Any) -> Any:
            self.spend(1 + sum(_size(argument) for argument in arguments) // ENTRIES)
            return function(*arguments, **named)

        return bounded

    def _joined(self, parts: list[Any]) -> str:
        self.spend(1 + sum(_size(part) for part in parts) // ENTRIES)
        return _joined(parts)

    def _one(self, value: Any) -> Any:
        """A text or a number, to be compared."""
        self.spend(1 + _size(value) // ENTRIES)
        if not isinstance(value, SCALARS):
            raise SecurityError("only texts and numbers are compared")
        return value

    def _member(self, holder: Any) -> Any:
        """A text or a list in which something is looked for."""
        if not isinstance(holder, str | list | tuple | dict | range):
            raise SecurityError("members are looked for in texts, lists and mappings")
        self.spend(1 + len(holder) // ENTRIES)
        return holder

    def get_template(self, name: Any, *args: Any, **kwargs: Any) -> Any:
        """Find a template of the folder; this is a step."""
        self.spend()
        return super().get_template(name, *args, **kwargs)

    def is_safe_callable(self, obj: Any) -> bool:
        """Macros, loops and ``range``."""
        return isinstance(obj, CALLED) or obj is _range

    def call(self, context: Any, obj: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(obj, CALLED):
            self.spend()
        return super().call(context, obj, *args, **kwargs)

    def getattr(self, obj: Any, attribute: str) -> Any:
        """An entry of a mapping, or what a loop knows of itself; nothing of Python."""
        # an abstract class takes long to ask, and this is asked a hundred times a page
        if type(obj) is dict or isinstance(obj, Mapping):
            return obj[attribute] if attribute in obj else self.undefined(obj=obj, name=attribute)
        if isinstance(obj, LoopContext) and attribute in LOOP:
            return getattr(obj, attribute)
        raise SecurityError(f"{attribute} is not allowed")

    def getitem(self, obj: Any, argument: Any) -> Any:
        """An entry of a mapping or a list."""
        if isinstance(obj, Mapping) and isinstance(argument, str):
            return self.getattr(obj, argument)
        if isinstance(obj, list | tuple | str) and isinstance(argument, int | slice):
            self.spend(1 + len(obj) // ENTRIES)
            return obj[argument]
        raise SecurityError(f"[{argument!r}] is not allowed"[:80])

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """Arithmetic of numbers, and the sum of two texts."""
        del context
        self.spend(1 + (_size(left) + _size(right)) // ENTRIES)
        if operator == "+" and isinstance(left, str) and isinstance(right, str):
            return _joined([left, right])
        number = isinstance(left, NUMBERS) and isinstance(right, NUMBERS)
        if not number or operator == "**" or abs(left) > 1e15 or abs(right) > 1e15:
            raise SecurityError(f"{operator} is not allowed here")
        return self.binop_table[operator](left, right)


class _Concatenations(NodeTransformer):
    """Replace ``a ~ b`` by a call that bounds what comes out."""

    def visit_Concat(self, node: nodes.Concat) -> nodes.Filter:  # noqa: N802
        self.generic_visit(node)
        return _bounded("_joined", nodes.List(node.nodes, lineno=node.lineno))


def _bounded(name: str, argument: Any) -> nodes.Filter:
    """One of our functions put around an expression; a filter costs less than a call."""
    return nodes.Filter(argument, name, [], [], None, None, lineno=argument.lineno)


def _joined(parts: list[Any]) -> str:
    texts = [part if isinstance(part, str) else str(_printable(part)) for part in parts]
    if sum(map(len, texts)) > TEXT:
        raise SecurityError(f"a text of more than {TEXT} characters")
    if any(isinstance(text, Markup) for text in texts):
        return Markup("").join(texts)
    return "".join(texts)


def _size(value: Any) -> int:
    """Characters or entries of a value."""
    return len(value) if isinstance(value, str | list | tuple | dict | range) else 0


def _printable(value: Any) -> Any:
    if isinstance(value, PRINTED):
        return value
    raise SecurityError("only texts and numbers are printed")


def _range(*bounds: int) -> range:
    numbers = range(*bounds)
    if len(numbers) > STEPS:
        raise SecurityError(f"a range of more than {STEPS}")
    return numbers


def folder(path: Path) -> dict[str, str]:
    """Texts of the templates of a folder: its files that end in ``.j2``, none outside it.

    L003 if it has no templates, too many, or one that is too large, no text or elsewhere.
    """
    home = path.resolve()
    files = sorted(path.glob("*.j2"))
    if not files or len(files) > FILES:
        raise RuleError("L003", f"{len(files)} templates", file=str(path))
    texts = {}
    for file in files:
        if file.resolve().parent != home or not file.is_file():
            raise RuleError("L003", "a template lies in the folder itself", file=str(file))
        if file.stat().st_size > SOURCE:
            raise RuleError("L003", f"more than {SOURCE} bytes", file=str(file))
        try:
            texts[file.name] = file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise RuleError("L003", str(error)[:120], file=str(file)) from None
    return texts


def page(
    templates: Mapping[str, str] | str,
    name: str = "page.j2",
    file: str = "",
    *,
    steps: int = STEPS,
) -> PageTemplate:
    """Understand a template: one of a :func:`folder`, which can include the others, or a text.

    One page may take ``steps`` turns of loops, calls, filters, tests and included templates. L002
    if it is no Jinja or does what is not allowed, L003 if it is not there; ``file`` is named.

    >>> page("<b>{{ name }}</b>").render({"name": "<script>{{ 7*7 }}"})
    '<b>&lt;script&gt;{{ 7*7 }}</b>'
    >>> page("{{ 'a' * 10**9 }}").render({})
    Traceback (most recent call last):
    carbon.base.errors.RuleError: L002 ...
    """
    texts = {name: templates} if isinstance(templates, str) else templates
    if name not in texts:
        raise RuleError("L003", f"{name} is missing", file=file)
    return PageTemplate(Environment(texts, steps), name, file or name)
