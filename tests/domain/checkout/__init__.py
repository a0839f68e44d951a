"""Checkout orders as pure values."""
