"""The parts of the terminal review: keys, cards, pictures, labels to choose from."""
