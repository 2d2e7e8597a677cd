"""What an order management system owes its users: members, orders and their lives."""
