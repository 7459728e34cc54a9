"""What a run is: how it begins, its workspace, its panel of judges, what was applied."""
