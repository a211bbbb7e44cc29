"""Stop-clocks (停表): why the clock of resting money stands still, by which document, until when, and who said so."""
