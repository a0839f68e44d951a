"""From the words of a scenario to a sandbox full of orders."""
