"""The demonstration: one coherent story with fictional providers."""
