"""Runs of the rules (规则运行): asked for by somebody, or daily; done rule by rule, and gone on with if cut off."""
