"""Benchmarks: each shows one figure of Qingliu beside the limit of the machine it ran on, measured in the same run."""
