"""What people declare of their own interests (回避), which keeps them out of leads they are related to."""
