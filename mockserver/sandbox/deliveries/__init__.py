"""Deliveries: outgoing calls to the merchant, as state that nothing here sends.

====================  ===============================================================
``delivery``          the values: kinds, attempts, a delivery and its derived state
``schedules``         when a delivery is sent, and how long the merchant may take
``inbox``             the deliveries of a sandbox, with a queue by due time
``webhooks``          endpoints with their secrets, and the events sent to them
``emission``          queues the webhooks of what happens
====================  ===============================================================
"""
