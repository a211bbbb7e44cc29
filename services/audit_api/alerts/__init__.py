"""The flags of funds_api as questions: taken up by a finding, or dismissed with a reason."""
