"""Where sandboxes live, behind one protocol.

- ``home``: the protocol: a turn is settled where the sandbox lives before it is answered
- ``memory``: sandboxes live in this process, which is the default
"""
