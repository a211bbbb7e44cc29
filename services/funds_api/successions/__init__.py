"""Money of a county whose code ended, gone over by document to the county that follows it."""
