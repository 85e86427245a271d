"""Programs as evidence: the model writes the sum, the machine does it.

After PAL (Gao et al. 2022, arXiv 2211.10435) and Program of Thoughts (Chen et al. 2022, arXiv
2211.12588). A small model reasons better than it calculates, and its programs go wrong in other
places than its prose: a program and a plain reply that agree are seldom wrong (arXiv 2604.17433).
"""
