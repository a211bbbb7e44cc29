"""Repeat findings (屡审屡犯): which earlier ones are alike, and which a person holds to be the same again."""
