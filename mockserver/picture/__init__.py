"""Picture of an order as SVG: where each refund was booked, and why.

- ``order_picture``: ``draw_order``, the only thing that others call
- ``content``: what the picture shows, as plain values: shipments, refunds, their texts
- ``folding``: many refunds or shipments as few
- ``layout``: where everything is drawn, in pixels
- ``svg``: shapes and texts as SVG; ``picture.css``: their colours, light and dark
- ``visible_text``: texts of merchants made visible, and broken into lines

Everything is a pure function of values of the domain.
"""
