"""Domain rules of the Order Management API: pure functions and tables, no I/O.

Five laws hold in this package:

1. ``decide(order, command, context)`` is a pure function. The context brings everything from
   outside: the time, new ids, the assumptions in force.
2. Values are frozen. A change returns a new order; nothing is stored that can be derived.
3. A rule is a row of a table or a small function, and carries its provenance: documented,
   recorded, read off clients, or assumed.
4. A refund is accepted or refused by amounts and status alone. Its allocation never refuses it.
5. Amounts are whole minor units. The sums over captures agree with the order (``ledger``).

Map, in the order in which a reader needs it:

- ``operation``: the 18 operations of the API, the word that every table shares
- ``order``, ``money``, ``limits``, ``commands``: the values; orders with captures and refunds
- ``lifecycle``: which operation is allowed in which status, as a table
- ``errors``, ``refusal``, ``wording``: the error catalogue; the exception that it words
- ``provenance``, ``assumptions``, ``behaviour_rules``: how far each rule can be trusted
- ``decide``: the dispatcher; ``authorization``, ``captures`` and ``refunds`` hold the rules
- ``decision``: what ``decide`` gets and returns
- ``allocation/``: to which capture a refund belongs, and the explanation
- ``refusal_hints``, ``request_hints``: hints on refused and on accepted requests
- ``checkout/``: how an order comes about before order management knows it
- ``fraud_review``: the planned end of a review
- ``forced_outcomes``, ``ledger``: injected outcomes; ledger, timeline and invariants

``docs/glossary.md`` defines the terms, ``docs/explanation/request.md`` shows the way of a
request from the socket to this package and back.
"""
