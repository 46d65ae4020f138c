"""Reads a manifest of any format there ever was, gives it in the present one."""

from __future__ import annotations

from typing import Any, Final

__all__ = ["FORMAT", "upgraded"]

FORMAT: Final = "carbon-manifest/1"
"""Name and version of the present format."""


def upgraded(content: Any) -> dict[str, Any]:
    """A manifest of any format as one of this.

    ``content``: of a file of JSON. Raises ValueError: if it is no manifest.

    >>> old = {"program": "carbon-label", "version": "0.1.0", "command": "footprint",
    ...        "options": {"draws": 0}, "output": {"file": "a.csv", "rows": 1, "sha256": ""}}
    >>> upgraded(old)["outputs"][0]["path"]
    'a.csv'
    """
    if not isinstance(content, dict):
        raise ValueError("it is no manifest")
    if content.get("manifest") == FORMAT:
        return content
    scope = {key: content[key] for key in ("edition", "edition_sha256", "basis") if key in content}
    if content.get("manifest") == "carbon-tax-manifest/1":
        arguments = content.get("arguments")
        if not isinstance(arguments, dict):
            raise ValueError("it has no arguments")
        scope |= {key: arguments.get(key, "") for key in ("method", "boundary")}
        kept = {key: content.get(key) for key in ("program", "libraries", "inputs", "outputs")}
        about = {"rule": content.get("rule", "")}
        return {"command": "tax", **scope, **kept, "arguments": arguments, "about": about}
    if content.get("program") == "carbon-label" and isinstance(content.get("output"), dict):
        return scope | _from_batch(content)
    if content.get("command") == "carbon pool" and isinstance(content.get("outputs"), dict):
        return scope | _from_pool(content)
    raise ValueError("it is no manifest of this program")


def _from_batch(content: dict[str, Any]) -> dict[str, Any]:
    """Of batch runs before the formats were one."""
    names = ("headers", "batch", "skus", "left_out", "problems", "defaulted", "rejects")
    files = [content["output"] | {"role": "result"}]
    files += [content["table"] | {"role": "skus"}] if isinstance(content.get("table"), dict) else []
    return {
        "program": f"carbon-label {content.get('version', '')}",
        "command": content.get("command", ""),
        "method": content.get("method", ""),
        "boundary": content.get("boundary", ""),
        "arguments": content.get("options", {}),
        "about": {name: content[name] for name in names if name in content},
        "inputs": [_renamed(each | {"role": "catalogue"}) for each in content.get("inputs", [])],
        "outputs": [_renamed(each) for each in files],
        "parts": content.get("parts", []),
    }


def _from_pool(content: dict[str, Any]) -> dict[str, Any]:
    """Of pools before the formats were one."""
    return {
        "program": content.get("program", ""),
        "command": "pool",
        "arguments": {"lang": content.get("lang", ""), "policy": content.get("policy", {})},
        "about": {"orders": content.get("orders", {})},
        "inputs": [_renamed(each | {"role": "input"}) for each in content.get("inputs", [])],
        "outputs": [
            {"role": "output", "path": name, "sha256": sha}
            for name, sha in content["outputs"].items()
        ],
    }


def _renamed(named: dict[str, Any]) -> dict[str, Any]:
    return {"path" if key == "file" else key: value for key, value in named.items()}
