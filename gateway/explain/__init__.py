"""Why orders and trades went as they did, told from the log (`fixpit explain`, the API)."""
