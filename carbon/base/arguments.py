"""Reads the arguments of the public face, gives them as its rooms take them, or an error.

An argument has one name and one meaning wherever it stands, so its rule stands here once, by that
name. A room that knows more of a kind than its name gives a rule of its own to :func:`checked`.
"""

from __future__ import annotations

import datetime
import functools
import inspect
import math
import operator
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import is_dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

from carbon.base.errors import StudyError
from carbon.base.words import LANGUAGES, spoken

__all__ = ["checked", "file", "kind", "path", "path_or", "read_or", "refusal", "table"]

Rule = Callable[[str, Any], Any]
"""From the name of an argument and what was given to what is taken."""

T = TypeVar("T")

LONGEST: Final = 60
"""Characters of a value that an error repeats."""

PATH: Final = (str, os.PathLike)


def refusal(name: str, value: object, asked: str, code: str = "S009") -> StudyError:
    """The error of an argument that is not what is asked for.

    Parameters
    ----------
    name : str
        Of the argument.
    value : object
        What was given.
    asked : str
        A key of the section ``argument`` of ``templates/words.toml``.
    code : str

    Examples
    --------
    >>> print(refusal("study", "x", "Study"))
    S009 value 'x': an argument is not what is asked for (study: a Study, not str); see its help...
    """
    told = spoken("argument.told", name=name, kind=spoken(f"argument.{asked}"), given=given(value))
    shown = value if isinstance(value, str) else repr(value)
    shown = shown if len(shown) <= LONGEST else shown[: LONGEST - 1] + "…"
    return StudyError(code, told["en"], value=shown, detail_zh=told["zh"])


def given(value: object) -> str:
    """Name of the kind of a value."""
    return "None" if value is None else type(value).__name__


def kind(*names: str, asked: str = "") -> Rule:
    """Rule of an argument that is one of our own classes, or None where that is the default.

    Parameters
    ----------
    *names : str
        Of the classes: a room does not know the rooms above it, and needs no more than a name.
    asked : str
        A key of the section ``argument``; the first name without.

    Examples
    --------
    >>> kind("Study")("study", 5)
    Traceback (most recent call last):
    carbon.base.errors.StudyError: S009 value '5': ... (study: a Study, not int)...
    """

    def rule(name: str, value: Any) -> Any:
        if not any(each.__name__ in names for each in type(value).__mro__):
            raise refusal(name, value, asked or names[0])
        return value

    return rule


def path_or(*names: str) -> Rule:
    """Rule of an argument that is a file, a name, or one of our own classes.

    Parameters
    ----------
    *names : str
        As for :func:`kind`.
    """
    return read_or(lambda value: value, *names)


def read_or(read: Callable[[Any], Any], *names: str) -> Rule:
    """Rule of an argument that is one of our own classes, or a file from which it is read.

    Parameters
    ----------
    read : callable
        From a path to what is meant.
    *names : str
        As for :func:`kind`.
    """
    own = kind(*names)
    return lambda name, value: read(value) if isinstance(value, PATH) else own(name, value)


def _language(name: str, value: Any) -> Any:
    if not isinstance(value, str) or value not in LANGUAGES:
        raise refusal(name, value, "language", "S010")
    return value


def _languages(name: str, value: Any) -> Any:
    if isinstance(value, str):  # as --lang takes them
        value = [part.strip() for part in value.split(",")]
    if not isinstance(value, Iterable) or not (langs := tuple(value)):
        raise refusal(name, value, "language", "S010")
    return tuple(_language(name, each) for each in langs)


def _count(code: str, least: int, asked: str) -> Rule:
    def rule(name: str, value: Any) -> Any:
        try:
            number = -1 if isinstance(value, bool) else operator.index(value)
        except TypeError:
            number = -1
        if number < least:
            raise refusal(name, value, asked, code)
        return number

    return rule


def _number(asked: str, holds: Callable[[float], bool]) -> Rule:
    def rule(name: str, value: Any) -> Any:
        number = isinstance(value, int | float) or hasattr(value, "__float__")
        if isinstance(value, bool | str) or not number or not holds(float(value)):
            raise refusal(name, value, asked)
        return float(value)

    return rule


def _skus(name: str, value: Any) -> Any:
    if isinstance(value, str):
        return [value]
    if not isinstance(value, Iterable) or isinstance(value, bytes | Mapping):
        raise refusal(name, value, "skus")
    return list(value)


def _parts(name: str, value: Any) -> Any:
    """Names in a row; one with commas, as an option takes them, is several."""
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(","))
    parts = tuple(value) if isinstance(value, Iterable) else (value,)
    if not all(isinstance(each, PATH) for each in parts):
        raise refusal(name, value, "names")
    return parts


def _text(name: str, value: Any) -> Any:
    if not isinstance(value, str):
        raise refusal(name, value, "text")
    return value


def path(name: str, value: Any) -> Any:
    """Rule of a path."""
    if not isinstance(value, PATH):
        raise refusal(name, value, "path")
    return Path(value)


def file(name: str, value: Any) -> Any:
    """Rule of a path, or of a URL or name, which stays as it was written."""
    if not isinstance(value, PATH):
        raise refusal(name, value, "path")
    return value


def _files(name: str, value: Any) -> Any:
    if isinstance(value, PATH):
        return [value]
    if not isinstance(value, Iterable):
        raise refusal(name, value, "paths")
    return [file(name, each) for each in value]


def table(name: str, value: Any) -> Any:
    """Rule of a table: a file, a DataFrame or a ledger."""
    names = {each.__name__ for each in type(value).__mro__}
    if not isinstance(value, PATH) and not names & {"DataFrame", "Ledger"}:
        raise refusal(name, value, "table")
    return value


def _day(name: str, value: Any) -> Any:
    if not isinstance(value, str | datetime.date):
        raise refusal(name, value, "day")
    return value


def _date(name: str, value: Any) -> Any:
    try:
        return datetime.date.fromisoformat(value) if isinstance(value, str) else _day(name, value)
    except ValueError:
        raise refusal(name, value, "day") from None


def _call(name: str, value: Any) -> Any:
    if not callable(value):
        raise refusal(name, value, "call")
    return value


def _mapping(name: str, value: Any) -> Any:
    if not isinstance(value, Mapping):
        raise refusal(name, value, "ledgers")
    return {each: None if source is None else table(each, source) for each, source in value.items()}


RULES: Final[Mapping[str, Rule]] = {
    "lang": _language,
    "langs": _languages,
    "draws": _count("S008", 0, "draws"),
    "chunk": _count("S009", 1, "whole"),
    "rounds_made": _count("S009", 1, "whole"),
    "days": _number("days", lambda days: 0 < days < math.inf),
    "cut": _number("share", lambda share: 0 <= share <= 1),
    "skus": _skus,
    "formats": _parts,
    "templates": _parts,
    "method": _text,
    "boundary": _text,
    "background": _text,
    "preset": _text,
    "period": _text,
    "market": _text,
    "by": _text,
    "within": _text,
    "project": _text,
    "factors": _files,
    "map": file,
    "evidence": table,
    "verified": table,
    "sales": table,
    "waybills": table,
    "orders": table,
    "rooms": table,
    "history": path,
    "previous": path,
    "file": path,
    "output": path,
    "inventory": path,
    "ledgers": _mapping,
    "as_of": _day,
    "issued": _date,
    "dpi": _number("dpi", lambda dpi: 30 <= dpi <= 1200),
    "progress": _call,
}


def checked(**rules: Rule) -> Callable[[T], T]:
    """Decorator of a function of the face, or of a class for its methods.

    Parameters
    ----------
    **rules : callable
        Rule of an argument by its name, before :data:`RULES`. What is given as by default is
        taken as it is; an argument that is missing or that nobody knows stays Python's to tell.

    Examples
    --------
    >>> @checked()
    ... def said(lang="en"):
    ...     return lang
    >>> said("zh")
    'zh'
    >>> said("fr")
    Traceback (most recent call last):
    carbon.base.errors.StudyError: S010 value 'fr': ...
    """
    known = {**RULES, **rules}

    def wrapped(thing: Any) -> Any:
        if not inspect.isclass(thing):
            return _guarded(thing, known)
        for name, member in list(vars(thing).items()):
            made = name == "__init__" and not is_dataclass(thing)
            if inspect.isfunction(member) and (made or not name.startswith("_")):
                setattr(thing, name, _guarded(member, known))
        return thing

    return wrapped


def _guarded(function: Any, rules: Mapping[str, Rule]) -> Any:
    """The function, behind the rules of those arguments that have one."""
    signature = inspect.signature(function)
    defaults = {name: each.default for name, each in signature.parameters.items()}
    options = [name for name, each in signature.parameters.items() if each.kind is each.VAR_KEYWORD]
    if not options and not set(defaults) & set(rules):
        return function

    @functools.wraps(function)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        try:
            bound = signature.bind(*args, **kwargs)
        except TypeError:
            return function(*args, **kwargs)
        for values in (bound.arguments, bound.arguments.get("".join(options), {})):
            for name, value in values.items():
                if name in rules and value is not defaults.get(name, inspect.Parameter.empty):
                    values[name] = rules[name](name, value)
        return function(*bound.args, **bound.kwargs)

    return guarded
