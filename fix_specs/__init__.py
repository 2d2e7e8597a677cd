"""Message definitions, dictionaries and venue files; data, read as package resources."""
