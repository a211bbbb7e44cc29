"""How much of what was found has been put right, by item and by yuan, with the proof that the parts make the whole."""
