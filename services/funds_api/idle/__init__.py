"""Money at rest: which lot sits on whose desk, for how long, against which limit, and who is charged for the days."""
