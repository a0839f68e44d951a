"""Checkout orders: how an order comes about before order management knows it.

========================  ===========================================================
``checkout``              the value, the fields a merchant sets, and its status
``bad_values``            the table of rules behind ``BAD_VALUE``
``changes``               create, update, abort: what a merchant does
``choices``               a shipping option and checkboxes, among those offered
``streets``               a street in one line or in parts
``completion``            what the shopper does, and the order it makes
``validation``            the merchant's response when the shopper presses buy
``customer_token``        a shopper's consent to later orders, as a value
``token_orders``          orders with such a token, and its end
``hosted_session``        a session of the hosted payment page, as a value
``hosted_page``           how a session is opened, and its status
========================  ===========================================================
"""
