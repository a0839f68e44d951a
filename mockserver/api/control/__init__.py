"""The control API under ``/__admin``: look into sandboxes and change them."""
