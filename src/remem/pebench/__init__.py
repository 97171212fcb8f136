"""The protocol of PEBench over the answers of a run: six axes, a judge, and what forgetting does to the rest.

Xu et al. PEBench: A Fictitious Dataset to Benchmark Machine Unlearning for Multimodal Large Language Models.
arXiv 2503.12545. docs/pebench-protocol.md says where we reconstruct or differ.
"""
