"""What every figure in the README is made with. Each file in suites/ is one command; results/ keeps what it printed."""
