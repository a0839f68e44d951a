"""Fold many refunds and shipments into few, so that the cause of a failure stands alone.

Refunds that say the same become one: those allocated to one shipment, those without lines,
and those that failed after the first failure, as none is allocated any more. Never folded are
the first failure and a refund that is only tried.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from msgspec.structs import replace

from mockserver.picture.content import Look, RefundFlow, Shipment

MAX_UNFOLDED = 24  # refunds or shipments that are drawn one by one


def fold_refunds(
    refunds: Sequence[RefundFlow], shipments: Sequence[Shipment]
) -> list[RefundFlow]:
    """Fold refunds; the allocated ones come first, in the order of their shipments."""
    if len(refunds) <= MAX_UNFOLDED:
        return list(refunds)
    first_failure = next((r for r in refunds if r.look is Look.FAILED), None)
    groups: dict[object, list[RefundFlow]] = {}
    for refund in refunds:
        alone = refund.is_dry_run or refund is first_failure
        booked = tuple(refund.booked) if refund.look is Look.ALLOCATED else ()
        key = refund.numbers if alone else (refund.is_shown, refund.look, booked)
        groups.setdefault(key, []).append(refund)
    number = first_failure.numbers[0] if first_failure else 0
    folds = [_merge(group, number) for group in groups.values()]
    ranks = {s.ids[0]: rank for rank, s in enumerate(shipments)}
    return sorted(folds, key=lambda fold: _rank(fold, ranks))


def fold_shipments(shipments: Sequence[Shipment], concerned: Collection[str]) -> list[Shipment]:
    """Fold the shipments that no flow concerns; the fold comes last.

    Args:
        shipments: one for each capture.
        concerned: ids of the captures at which a flow or a dotted line ends.
    """
    idle = [s for s in shipments if s.is_shown and s.ids[0] not in concerned]
    if len(shipments) <= MAX_UNFOLDED or len(idle) <= 1:
        return list(shipments)
    fold = Shipment(
        ids=tuple(shipment.ids[0] for shipment in idle),
        label=f"{len(idle)} more",
        amount=sum(shipment.amount for shipment in idle),
    )
    return [*(shipment for shipment in shipments if shipment not in idle), fold]


def _merge(refunds: Sequence[RefundFlow], first_failure: int) -> RefundFlow:
    if len(refunds) == 1:
        return refunds[0]
    booked: Counter[str] = Counter()
    for refund in refunds:
        booked.update(refund.booked)
    reasons = {
        Look.FAILED: f"after refund {first_failure}, none of this order is allocated",
        Look.NOT_ATTEMPTED: "no lines, so not allocated to a shipment",
    }
    return replace(
        refunds[0],
        numbers=tuple(refund.numbers[0] for refund in refunds),
        amount=sum(refund.amount for refund in refunds),
        booked=booked,
        reason=reasons.get(refunds[0].look, ""),
    )


def _rank(refund: RefundFlow, ranks: Mapping[str, int]) -> tuple[int, ...]:
    """Allocated refunds by shipment, then the others in the order of time."""
    if refund.is_dry_run:
        return (2,)
    if refund.look is Look.ALLOCATED:
        return (0, *(ranks[capture_id] for capture_id in refund.booked), refund.numbers[0])
    return (1, refund.numbers[0])
