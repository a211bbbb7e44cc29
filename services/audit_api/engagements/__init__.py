"""Engagements (审计项目, 专项整治, 巡察, 督查): period, scope, team, and their documents from notice to decision."""
