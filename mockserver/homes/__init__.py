"""Where sandboxes live, behind one protocol.

- ``home``: the protocol: a turn is settled where the sandbox lives before it is answered
- ``memory``: sandboxes live in this process, which is the default
- ``stored_home``, ``batch``: sandboxes live in a store; turns wait, are committed, undone,
  taken again
- ``store``: the protocol of stores: fields of bytes, and commits to them
- ``sqlite``, ``valkey`` with ``turn.lua`` and ``valkey_errors``: the stores
- ``store_url``, ``valkey_checks``: the address of a store, and the store at the start
- ``outage``: logs when the store begins and ceases to fail
- ``sandbox_loader``: loads sandboxes from a store, and knows the unreadable ones
- ``stored_sandbox``: a sandbox as fields of bytes; ``stored_orders``, ``stored_values``,
  ``stored_entries`` and ``stored_settings`` have the parts of it, ``encoding`` the bytes
- ``tracked``, ``tracked_table``: what changed since the last commit
"""
