"""Draw the picture of an order."""

from collections.abc import Collection

from mockserver.domain.order import Order
from mockserver.picture.content import (
    Content,
    DryRun,
    add_refund_text,
    describe_dry_run,
    describe_refunds,
    describe_shipments,
)
from mockserver.picture.folding import fold_refunds, fold_shipments
from mockserver.picture.layout import lay_out
from mockserver.picture.svg import render_svg

MIN_WIDTH, DEFAULT_WIDTH, MAX_WIDTH = 320, 880, 2000


def draw_order(  # each is a choice of its own
    order: Order,
    *,
    width: int = DEFAULT_WIDTH,
    visible: Collection[str] | None = None,
    dry_run: DryRun | None = None,
    expand: bool = False,
    styled: bool = True,
) -> str:
    """Draw an order: shipments, and the refunds as flows to where they were booked.

    Args:
        order: the order.
        width: of the picture, in pixels; the height follows.
        visible: ids of the captures and refunds that exist by now; all by default.
        dry_run: a refund that is tried, not sent.
        expand: draw every refund and shipment, however many there are.
        styled: embed the style sheet; without it the page that embeds the picture has it.

    Returns:
        The picture as SVG.
    """
    shipments = describe_shipments(order, visible)
    refunds = describe_refunds(order, visible)
    if dry_run:
        refunds.append(describe_dry_run(order, dry_run))
    if not expand:
        refunds = fold_refunds(refunds, shipments)
    refunds = [add_refund_text(order, refund) for refund in refunds]
    if not expand:
        concerned = {capture_id for refund in refunds for capture_id in refund.booked}
        concerned |= {refund.nearest for refund in refunds if refund.nearest}
        shipments = fold_shipments(shipments, concerned)
    captured = sum(shipment.amount for shipment in shipments if shipment.is_shown)
    content = Content(
        title=f"Order {order.klarna_reference}",
        currency=order.purchase_currency,
        authorized=order.order_amount,
        captured=captured,
        released=order.released_amount,
        shipments=shipments,
        refunds=refunds,
    )
    return render_svg(content, lay_out(content, width), styled=styled)
