"""A document by its number (文号) as it was known at a moment: the money that it brought, and what was done by it."""
