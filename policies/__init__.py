"""The policy book: dated numbers of law and practice per region, set by two people, never edited, asked by day.

Admission rule: code enters here only if each service that judges by such numbers does the same with its own book. A
service opens one by naming its rows, its catalogue of keys and its address; no number of the law stands here.
"""
