"""The linear systems of an implicit step on a tree: elimination and the matrix exponential."""
