"""Deliveries out: the only place that calls the merchant.

``targets`` decides where a call may go, ``sender`` makes one call, ``delivery_runner`` sends
what is due as the sandbox's clock moves.
"""
