"""The three things that run: funds_api (money), audit_api (suspicion), gateway (the front door); strangers all."""
