"""The chapters of the story, in order. Each tells one thing and checks it."""
