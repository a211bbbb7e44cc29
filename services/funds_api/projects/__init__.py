"""The county's project library: what is to be built, how far it has come, who vouched for each stage, and its money."""
