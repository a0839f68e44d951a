"""Deliveries to a merchant over real HTTP."""
