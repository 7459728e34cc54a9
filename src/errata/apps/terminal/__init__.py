"""The parts of the review in a terminal: keys, cards, pictures, labels to pick from."""
