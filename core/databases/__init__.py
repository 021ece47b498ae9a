"""Django's database backends, with transactions that begin at the first write."""
