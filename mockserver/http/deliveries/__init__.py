"""Deliveries out: the only place that calls the merchant.

- ``targets``: where a call may go
- ``outgoing``: the request of a delivery
- ``sender``: makes one call
- ``delivery_runner``: sends what is due as the sandbox's clock moves
- ``delivery_turns``: what is done to the state before and after a delivery is sent
- ``delivery_faults``: fault rules on deliveries
- ``callbacks``: questions to the merchant while the shopper is in the checkout
"""
