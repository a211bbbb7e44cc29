"""Recoveries (追缴) that answer a finding: money goes back to the lineage and the account that it came from."""
