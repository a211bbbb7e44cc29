"""People, clients and the roles granted to them."""
