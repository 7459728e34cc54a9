"""How the demo's tiny judge is made and measured: a LLaVA of under a megabyte that knows handwritten digits."""
