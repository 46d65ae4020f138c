"""Reads catalogues of live-stream e-commerce, gives the footprint of every SKU [kg CO2e].

The names of ``__all__`` are the public face; they are imported when they are first used, so that
``import carbon`` costs nothing.

Examples
--------
>>> from carbon import Study
>>> Study().footprints({"sku": "A", "category": "t_shirt"}).to_frame()["sku"].tolist()
['A']
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

__version__ = "0.1.0"

FACE: Final = {
    "Anomalies": "carbon.liveroom.gaming",
    "Basis": "carbon.base.terms",
    "CarbonError": "carbon.base.errors",
    "Catalogue": "carbon.catalogue.schema",
    "Change": "carbon.footprint.levers.book",
    "Dossier": "carbon.incentive.dossier",
    "Edition": "carbon.background.edition",
    "Exposure": "carbon.liveroom.exposed",
    "Footprints": "carbon.footprint.result",
    "Inventory": "carbon.stages.inventory",
    "Labels": "carbon.run.labels",
    "Ledger": "carbon.catalogue.ledger",
    "Lever": "carbon.footprint.levers.book",
    "Office": "carbon.office",
    "Platform": "carbon.platform",
    "Policy": "carbon.liveroom.policy",
    "Pool": "carbon.incentive.return_pool",
    "References": "carbon.footprint.reference",
    "RoomsJudged": "carbon.liveroom.judged",
    "Scale": "carbon.label.scale",
    "Study": "carbon.study",
    "UnitImpacts": "carbon.background.unit_impacts",
    "Vocabulary": "carbon.catalogue.schema",
    "lever": "carbon.footprint.levers.registered",
    "read": "carbon.reading",
    "read_ledger": "carbon.catalogue.ledger",
    "reproduce": "carbon.office",
    "verify": "carbon.run.manifest",
}
"""Public name → the room in which it is made."""

__all__ = [
    "Anomalies",
    "Basis",
    "CarbonError",
    "Catalogue",
    "Change",
    "Dossier",
    "Edition",
    "Exposure",
    "Footprints",
    "Inventory",
    "Labels",
    "Ledger",
    "Lever",
    "Office",
    "Platform",
    "Policy",
    "Pool",
    "References",
    "RoomsJudged",
    "Scale",
    "Study",
    "UnitImpacts",
    "Vocabulary",
    "__version__",
    "lever",
    "read",
    "read_ledger",
    "reproduce",
    "verify",
]

if TYPE_CHECKING:
    from carbon.background.edition import Edition as Edition
    from carbon.background.unit_impacts import UnitImpacts as UnitImpacts
    from carbon.base.errors import CarbonError as CarbonError
    from carbon.base.terms import Basis as Basis
    from carbon.catalogue.ledger import Ledger as Ledger
    from carbon.catalogue.ledger import read_ledger as read_ledger
    from carbon.catalogue.schema import Catalogue as Catalogue
    from carbon.catalogue.schema import Vocabulary as Vocabulary
    from carbon.footprint.levers.book import Change as Change
    from carbon.footprint.levers.book import Lever as Lever
    from carbon.footprint.levers.registered import lever as lever
    from carbon.footprint.reference import References as References
    from carbon.footprint.result import Footprints as Footprints
    from carbon.incentive.dossier import Dossier as Dossier
    from carbon.incentive.return_pool import Pool as Pool
    from carbon.label.scale import Scale as Scale
    from carbon.liveroom.exposed import Exposure as Exposure
    from carbon.liveroom.gaming import Anomalies as Anomalies
    from carbon.liveroom.judged import RoomsJudged as RoomsJudged
    from carbon.liveroom.policy import Policy as Policy
    from carbon.office import Office as Office
    from carbon.office import reproduce as reproduce
    from carbon.platform import Platform as Platform
    from carbon.reading import read as read
    from carbon.run.labels import Labels as Labels
    from carbon.run.manifest import verify as verify
    from carbon.stages.inventory import Inventory as Inventory
    from carbon.study import Study as Study


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used (PEP 562)."""
    if name not in FACE:
        raise AttributeError(f"module 'carbon' has no attribute {name!r}")
    thing = getattr(import_module(FACE[name]), name)
    globals()[name] = thing
    return thing


def __dir__() -> list[str]:
    """Public names, for completion at a prompt."""
    return [*__all__]
