"""The comparison of a model with its recording, pulse by pulse."""
