"""To which capture a refund belongs.

``case`` collects the facts, ``conditions`` checks them, ``allocate`` decides, ``explanation``
describes the decision, ``hints`` says what to change.
"""
