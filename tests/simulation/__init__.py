"""The deterministic simulator: one seed is one life of a venue, its clients, network and disk."""
