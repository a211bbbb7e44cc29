"""Plumbing any service needs: database sessions, journal, problems, identity, paging, telemetry.

Admission rule: code enters here only if it would be the same in a weather service. No word of the domain is known.
"""
