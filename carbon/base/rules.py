"""Reads rule files in TOML, gives them checked: policies, tax rules, claim rules and labels.

Nothing in a rule file is run. A model names every key, its kind and its bounds; an unknown key is
refused, so that a misspelt rule never passes for an absent one.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Final, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from carbon.base.errors import RuleError
from carbon.base.files import read_bounded
from carbon.base.words import templates_root

__all__ = ["Cited", "Rules", "Text", "load", "shipped", "templates_root"]

LARGEST: Final = 1_000_000
"""Bytes that a rule file may have."""


class Rules(BaseModel):
    """Base of the models of rule files: frozen, strict in its keys, finite in its numbers.

    Examples
    --------
    >>> class Loading(Rules):
    ...     loading: float
    >>> Loading(loading=0.2).loading
    0.2
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, str_strip_whitespace=True
    )


Text = Annotated[str, Field(min_length=1, max_length=2000)]
"""A sentence of a rule file."""


class Cited(Rules):
    """Whatever says where it comes from."""

    # ``cited``, ``assumption``, or ``choice`` of whoever wrote the rules
    kind: Literal["cited", "assumption", "choice"]
    cite: Text  # the source, or why it was assumed


Model = TypeVar("Model", bound=Rules)


def load(path: Path | str, model: type[Model]) -> Model:
    """Read a rule file.

    Returns: an instance of the model. Raises P001 if it cannot be read, P002 if it is no TOML, P003
    with key, value and rule if it does not follow the model.

    >>> class Loading(Rules):
    ...     loading: float
    >>> load("nowhere.toml", Loading)
    Traceback (most recent call last):
    carbon.base.errors.RuleError: P001 nowhere.toml: the rule file must exist and be readable; ...
    """
    path = Path(path)

    def fault(detail: str) -> RuleError:
        large = detail.startswith("more than")
        return RuleError("P002" if large else "P001", detail if large else "", file=str(path))

    raw = read_bounded(path, fault, LARGEST)
    try:
        content = tomllib.loads(raw.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise RuleError("P002", str(error)[:200], file=str(path)) from error
    try:
        return model.model_validate(content)
    except ValidationError as error:
        first, *others = error.errors(include_url=False, include_context=False)
        more = f"; and {len(others)} more" if others else ""
        raise RuleError(
            "P003",
            f"{first['msg'][:200]}{more}",
            file=str(path),
            column=".".join(str(part) for part in first["loc"])[:120],
            value="" if isinstance(first["input"], dict) else str(first["input"])[:80],
        ) from error


def shipped(folder: str, name: Path | str) -> Path:
    """File of a rule: a path, or the name of a shipped one.

    ``folder``: where rules of its kind ship, in the templates; ``name``: a name without a folder,
    or a path. Returns: the shipped file if there is one of that name, else the path.

    >>> shipped("policies", "default").name, shipped("policies", "ours/default").as_posix()
    ('default.toml', 'ours/default')
    """
    file = templates_root() / folder / f"{name}.toml"
    return file if len(Path(name).parts) == 1 and file.is_file() else Path(name)
