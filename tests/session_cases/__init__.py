"""The echo that the session cases are played against, also as a server of its own."""
