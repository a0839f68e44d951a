"""Where sandboxes live, behind one protocol.

- ``home``: the protocol: a turn is settled where the sandbox lives before it is answered
- ``memory``: sandboxes live in this process, which is the default
- ``stored_home``, ``batch``: sandboxes live in a store; turns wait, are committed, undone,
  taken again
- ``store``: the protocol of stores: fields of bytes, and commits to them
- ``sqlite``, ``valkey`` with ``turn.lua``: the stores
- ``stored_sandbox``: a sandbox as fields of bytes; the other ``stored_`` modules have the
  parts of it, ``encoding`` the bytes
- ``tracked``, ``tracked_table``: what changed since the last commit
"""
