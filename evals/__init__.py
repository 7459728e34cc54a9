"""What produces every figure in the README. Each file in suites/ is one command; results/ keeps its output."""
