"""Deliveries out: the only place that calls the merchant.

``targets`` decides where a call may go, ``sender`` makes one call, ``runner`` sends what
is due as the sandbox's clock moves.
"""
