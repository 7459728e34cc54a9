"""Images as judges are shown them: their size, and marks on them."""
