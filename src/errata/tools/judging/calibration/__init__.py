"""Calibration of judges: the label bias taken out before anybody decided, probabilities fitted to decisions after."""
