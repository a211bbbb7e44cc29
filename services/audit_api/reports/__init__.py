"""What goes out on paper: bulletins, lists of findings, ledgers of rectification, statistics; each with its totals."""
