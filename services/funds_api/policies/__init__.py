"""Numbers from law and practice, dated and per region, with their sources; read by rules, shown to everybody."""
