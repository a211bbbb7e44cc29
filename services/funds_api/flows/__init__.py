"""Flows: how the money of a county came, went on, was spent, came back and rests, as a tree of places and as a graph.

The noun is the flow and not the tree, because both readings are drawn from the same rows: so many fen from one account
to another, by kind of movement.
"""
