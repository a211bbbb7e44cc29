"""What a finding may name: whether it is there, and what it comes to. Asked for by audit_api alone, as a set."""
