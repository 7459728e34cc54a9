"""Images as judges see them: their size, and marks on them."""
