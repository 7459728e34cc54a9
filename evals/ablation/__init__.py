"""What each method adds when it is switched on: ``python -m evals ablation``."""
