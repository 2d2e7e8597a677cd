"""FIX as this venue speaks it: framing, dictionaries, decoding, the session, order entry."""
