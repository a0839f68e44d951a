"""Play the recorded requests of a sandbox again, under other assumptions or faults.

- ``branch``: decides recorded commands again, in a sandbox of their own.
- ``differences``: what came out differently, and because of which request.
"""
