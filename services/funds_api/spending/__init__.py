"""Spending progress (支出进度): how much of what arrived reached contractors and households, beside what is asked.

Spent is what 重庆市财政局 (2020-03-30) means by it: paid to the contractor or the household. What lies at a department,
a township, a village, with a bank in transit or as a retention (质保金) has not been spent.
"""
