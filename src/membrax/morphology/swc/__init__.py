"""SWC files: their rows, the repairs they need, and the tree that comes of them."""
