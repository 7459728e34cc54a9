"""What each method adds when it is turned on: ``python -m evals ablation``."""
