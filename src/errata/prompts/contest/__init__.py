"""Contest: the given label against a challenger, asked in both orders."""
