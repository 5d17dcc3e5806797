"""A tree cut into compartments: their sizes, the conductances between them, and densities over them."""
