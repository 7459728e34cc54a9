"""Image-text pair: whether the text describes the image."""
