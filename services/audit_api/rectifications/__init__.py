"""Orders to put a finding right by a day, and the steps they take until they are closed."""
