"""Who answers for the days that money rested: charged to the unit that held it, also after it has left."""
