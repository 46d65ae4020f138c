"""What a policy says of exposure and of suspicious patterns."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator

from carbon.liveroom.cited import Bound
from carbon.rules import Rules

__all__ = ["Count", "ExposureRules", "GamingRules", "Positive", "Share"]


def _within(low: float, high: float) -> AfterValidator:
    def check(told: Bound) -> Bound:
        if not low <= told.value <= high:
            raise ValueError(f"the value must be from {low:g} to {high:g}")
        return told

    return AfterValidator(check)


def _whole(told: Bound) -> Bound:
    if told.value != int(told.value):
        raise ValueError("the value must be a whole number")
    return told


Share = Annotated[Bound, _within(0, 1)]
Count = Annotated[Bound, AfterValidator(_whole), _within(1, 1e9)]
Positive = Annotated[Bound, _within(1e-9, 1e9)]


class ExposureRules(Rules):
    """How impressions are shared out among rooms.

    Parameters
    ----------
    floor : Bound
        Least share of all impressions for rooms of small merchants.
    room_cap : Bound
        Largest share of one room.
    head_size : Bound
        Rooms that are the head: those with most impressions, whoever they are.
    head_part : Bound
        Largest part of all rooms that is the head, where there are few of them.
    head_cap : Bound
        Largest share of the head together.
    largest_loss : Bound
        Most that any room may lose [share of its baseline].
    drift : Bound
        Shortfall of a merchant's running share against its floor that is still taken for noise
        [share of the floor].
    """

    floor: Share
    room_cap: Share
    head_size: Count
    head_part: Share
    head_cap: Share
    largest_loss: Share
    drift: Share


class GamingRules(Rules):
    """From when on a pattern is told.

    Parameters
    ----------
    false_discovery : Bound
        Expected share of false alarms among what is told, by check.
    bunching_window : Bound
        Width of the windows at a bound [logarithm of the ratio].
    bunching_least : Bound
        SKUs that the windows at a bound must hold.
    clone_tolerance : Bound
        Relative difference below which numbers of two SKUs are taken for the same.
    waybill_tolerance : Bound
        Relative difference between weighed and declared parcel that scales and rounding explain.
    robust_z : Bound
        Distance from the category's median mass [robust standard deviations].
    least_skus : Bound
        SKUs that a category needs before one is held against the others.
    least_units : Bound
        Units sold before a return rate is judged.
    always : Bound
        Share of the category's other SKUs that state a datum, from which on it is missed.
    """

    false_discovery: Share
    bunching_window: Positive
    bunching_least: Count
    clone_tolerance: Share
    waybill_tolerance: Share
    robust_z: Positive
    least_skus: Count
    least_units: Count
    always: Share
