"""A tree of points with radii: its sections, its types, and trees made by rule."""
