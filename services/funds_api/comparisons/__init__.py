"""Comparison lists (比对名单): what other departments know, as keyed tokens, compared with who is registered."""
