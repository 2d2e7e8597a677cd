"""One instrument's order book and what is decided over it."""
