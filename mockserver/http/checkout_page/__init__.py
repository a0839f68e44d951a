"""Checkout page: the shopper's half of a checkout order, in a browser.

========================  ===========================================================
``page_address``          where the page of a checkout order is, and the key in it
``snippet``               ``html_snippet``: the script that puts the page into a shop
``page_routes``           the page's own requests; no merchant credentials are needed
``page_state``            what the page shows, as JSON
``static/``               HTML, style and ES modules, served as they are
========================  ===========================================================
"""
