"""Published outcomes of discipline cases, as classes for statistics: without the name of anybody."""
