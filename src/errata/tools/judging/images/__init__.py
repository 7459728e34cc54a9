"""Images as judges are shown them."""
