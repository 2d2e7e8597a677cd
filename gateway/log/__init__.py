"""The command log: what makes an acknowledged order outlive the process."""
