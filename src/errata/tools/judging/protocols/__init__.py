"""The ways to ask a judge about an item, one file each; each gives a Verdict."""
