"""Red flags: rules that ask a question about money, their runs, and the flags they raised."""
